"""Every network for pictures by name.

``network_named`` is where a name that somebody wrote becomes a network: besides those that are listed, "mobilenet-v2-0.35" is a
MobileNet of any width, and "timm/resnet26d" a network of the library timm.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from assay.core.registry import Registry

if TYPE_CHECKING:
    from assay.nets.image.network import Network

NETWORKS: "Registry[Network]" = Registry("network")

WIDTHS: "Registry[Callable[[float], Network]]" = Registry("network of any width")

TIMM = "timm/"

NETWORKS.add("lenet5", "assay.nets.image.lenet:LENET5")
NETWORKS.add("lenet5-1998", "assay.nets.image.lenet:LENET5_1998")
NETWORKS.add("alexnet", "assay.nets.image.alexnet:ALEXNET")
NETWORKS.add("vgg11", "assay.nets.image.vgg:VGG11")
NETWORKS.add("vgg13", "assay.nets.image.vgg:VGG13")
NETWORKS.add("vgg16", "assay.nets.image.vgg:VGG16")
NETWORKS.add("vgg19", "assay.nets.image.vgg:VGG19")
NETWORKS.add("vgg11-bn", "assay.nets.image.vgg:VGG11_BN")
NETWORKS.add("vgg13-bn", "assay.nets.image.vgg:VGG13_BN")
NETWORKS.add("vgg16-bn", "assay.nets.image.vgg:VGG16_BN")
NETWORKS.add("vgg19-bn", "assay.nets.image.vgg:VGG19_BN")
NETWORKS.add("googlenet", "assay.nets.image.googlenet:GOOGLENET")
NETWORKS.add("googlenet-2014", "assay.nets.image.googlenet:GOOGLENET_2014")
NETWORKS.add("bn-inception", "assay.nets.image.bn_inception:BN_INCEPTION")
NETWORKS.add("inception-v2", "assay.nets.image.inception_v2:INCEPTION_V2")
NETWORKS.add("inception-v3", "assay.nets.image.inception_v3:INCEPTION_V3")
NETWORKS.add("inception-v4", "assay.nets.image.inception_v4:INCEPTION_V4")
NETWORKS.add("inception-resnet-v2", "assay.nets.image.inception_resnet:INCEPTION_RESNET_V2")
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
NETWORKS.add("resnet11-wide", "assay.nets.image.resnet_wide_small:RESNET11_WIDE")
NETWORKS.add("vit-b-16", "assay.nets.image.vit:VIT_B_16")
NETWORKS.add("vit-b-32", "assay.nets.image.vit:VIT_B_32")
NETWORKS.add("vit-l-16", "assay.nets.image.vit:VIT_L_16")
NETWORKS.add("vit-l-32", "assay.nets.image.vit:VIT_L_32")
NETWORKS.add("densenet121", "assay.nets.image.densenet:DENSENET121")
NETWORKS.add("densenet161", "assay.nets.image.densenet:DENSENET161")
NETWORKS.add("densenet169", "assay.nets.image.densenet:DENSENET169")
NETWORKS.add("densenet201", "assay.nets.image.densenet:DENSENET201")
NETWORKS.add("mobilenet-v1", "assay.nets.image.mobilenet_v1:MOBILENET_V1")
NETWORKS.add("mobilenet-v2", "assay.nets.image.mobilenet_v2:MOBILENET_V2")
NETWORKS.add("mobilenet-v2-1.4", "assay.nets.image.mobilenet_v2:MOBILENET_V2_1_4")
NETWORKS.add("mobilenet-v2-0.75", "assay.nets.image.mobilenet_v2:MOBILENET_V2_0_75")
NETWORKS.add("mobilenet-v2-0.5", "assay.nets.image.mobilenet_v2:MOBILENET_V2_0_5")
NETWORKS.add("mobilenet-small", "assay.nets.image.mobilenet_v2:MOBILENET_SMALL")
NETWORKS.add("efficientnet-b0", "assay.nets.image.efficientnet:EFFICIENTNET_B0")
NETWORKS.add("efficientnet-b1", "assay.nets.image.efficientnet:EFFICIENTNET_B1")
NETWORKS.add("efficientnet-b2", "assay.nets.image.efficientnet:EFFICIENTNET_B2")
NETWORKS.add("efficientnet-b3", "assay.nets.image.efficientnet:EFFICIENTNET_B3")
NETWORKS.add("efficientnet-b4", "assay.nets.image.efficientnet:EFFICIENTNET_B4")
NETWORKS.add("efficientnet-b5", "assay.nets.image.efficientnet:EFFICIENTNET_B5")
NETWORKS.add("efficientnet-b6", "assay.nets.image.efficientnet:EFFICIENTNET_B6")
NETWORKS.add("efficientnet-b7", "assay.nets.image.efficientnet:EFFICIENTNET_B7")
NETWORKS.add("darknet19", "assay.nets.image.darknet:DARKNET19")
NETWORKS.add("darknet53", "assay.nets.image.darknet:DARKNET53")
NETWORKS.add("vit-small", "assay.nets.image.vit_small:VIT_SMALL")

WIDTHS.add("mobilenet-v1", "assay.nets.image.mobilenet_v1:mobilenet_v1")
WIDTHS.add("mobilenet-v2", "assay.nets.image.mobilenet_v2:mobilenet_v2")

_WIDE = re.compile(r"(?P<family>.+)-(?P<width>[0-3](\.[0-9]{1,2})?)")


def is_network_name(text: str) -> bool:
    """Whether a text names a network; of timm's it says so of every name, for timm is not asked.

    >>> is_network_name("resnet18"), is_network_name("mobilenet-v2-0.35"), is_network_name("timm/any"), is_network_name("tree")
    (True, True, True, False)
    """
    return text in NETWORKS.names() or text.startswith(TIMM) or _family_and_width(text) is not None


def network_named(text: str) -> "Network":
    """Raises UnknownNameError with the nearest name, MissingExtraError for a network of timm where timm is not installed.

    >>> network_named("mobilenet-v2-0.35").title
    'MobileNet v2 of width 0.35'
    """
    if text.startswith(TIMM):
        from assay.nets.image.timm_network import timm_network

        return timm_network(text.removeprefix(TIMM))
    found = None if text in NETWORKS.names() else _family_and_width(text)
    return NETWORKS.get(text) if found is None else WIDTHS.get(found[0])(found[1])


def _family_and_width(text: str) -> tuple[str, float] | None:
    """("mobilenet-v2", 0.35) of "mobilenet-v2-0.35"; widths from 0.1 to 3.99."""
    found = _WIDE.fullmatch(text)
    if found is None or found["family"] not in WIDTHS.names() or float(found["width"]) < 0.1:
        return None
    return found["family"], float(found["width"])
