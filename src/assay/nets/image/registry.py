"""Every network for pictures by name."""

from typing import TYPE_CHECKING

from assay.core.registry import Registry

if TYPE_CHECKING:
    from assay.nets.image.network import Network

NETWORKS: "Registry[Network]" = Registry("network")

NETWORKS.add("googlenet", "assay.nets.image.googlenet:GOOGLENET")
NETWORKS.add("googlenet-2014", "assay.nets.image.googlenet:GOOGLENET_2014")
NETWORKS.add("resnet18", "assay.nets.image.resnet:RESNET18")
NETWORKS.add("resnet34", "assay.nets.image.resnet:RESNET34")
NETWORKS.add("resnet50", "assay.nets.image.resnet:RESNET50")
NETWORKS.add("resnet101", "assay.nets.image.resnet:RESNET101")
NETWORKS.add("resnet152", "assay.nets.image.resnet:RESNET152")
NETWORKS.add("wide-resnet50-2", "assay.nets.image.resnet:WIDE_RESNET50_2")
NETWORKS.add("wide-resnet101-2", "assay.nets.image.resnet:WIDE_RESNET101_2")
NETWORKS.add("resnext50-32x4d", "assay.nets.image.resnet:RESNEXT50_32X4D")
NETWORKS.add("resnext101-32x8d", "assay.nets.image.resnet:RESNEXT101_32X8D")
NETWORKS.add("resnet20", "assay.nets.image.resnet_small:RESNET20")
NETWORKS.add("resnet56", "assay.nets.image.resnet_small:RESNET56")
NETWORKS.add("vit-b-16", "assay.nets.image.vit:VIT_B_16")
NETWORKS.add("vit-b-32", "assay.nets.image.vit:VIT_B_32")
NETWORKS.add("vit-l-16", "assay.nets.image.vit:VIT_L_16")
NETWORKS.add("vit-l-32", "assay.nets.image.vit:VIT_L_32")
