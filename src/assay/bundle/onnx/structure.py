"""What may stand in an ONNX file before a runtime is handed it: our own operators, whole constants, and trees that are trees.

A runtime walks what it is given.  So the operators are those of the list below and no others, no node holds a graph of its own
or names another file, every constant has the bytes that its shape says, and every tree is checked as our own trees are.
"""

from math import prod
from typing import Any

import numpy as np

from assay.bundle.onnx.graph import ML_DOMAIN, ML_OPSET, OPSET, onnx
from assay.bundle.onnx.pictures import OPERATORS as PICTURE_OPERATORS
from assay.core.errors import BundleError
from assay.recipes.tree_arrays import LEAF, check_tree_shapes

OPERATORS = {
    "": frozenset(
        {
            *("Abs", "Add", "And", "ArgMax", "Cast", "Concat", "CumSum", "Div", "Equal", "Exp", "Floor", "Gather"),
            *("GatherElements", "Greater", "GreaterOrEqual", "Identity", "IsNaN", "Less", "Log", "MatMul", "Mul", "Neg"),
            *("ReduceMin", "ReduceSum", "Relu", "Reshape", "Sigmoid", "Sign", "Softmax", "Sqrt", "Sub", "Tanh", "TopK", "Where"),
        }
    ),
    ML_DOMAIN: frozenset({"LabelEncoder", "TreeEnsembleRegressor"}),
}
WITH_PICTURES = {"": OPERATORS[""] | PICTURE_OPERATORS, ML_DOMAIN: OPERATORS[ML_DOMAIN]}
MOST_NODES = 100_000


def check_structure(proto: Any, where: str, *, pictures: bool = False) -> None:
    """Raises BundleError for anything that ``export_onnx`` does not write; pictures: of a network for pictures."""
    opsets = sorted((one.domain, one.version) for one in proto.opset_import)
    if opsets != [("", OPSET), (ML_DOMAIN, ML_OPSET)] or proto.functions or proto.training_info:
        raise BundleError(f"{where} uses other operator sets than Assay does; export the model again.")
    graph = proto.graph
    if len(graph.node) > MOST_NODES or graph.sparse_initializer or graph.quantization_annotation:
        raise BundleError(f"{where} holds what Assay does not write; export the model again.")
    for tensor in graph.initializer:
        _check_constant(tensor, where)
    operators = WITH_PICTURES if pictures else OPERATORS
    kinds = onnx().AttributeProto
    allowed = {kinds.INT, kinds.INTS, kinds.STRING, kinds.STRINGS, kinds.TENSOR, *([kinds.FLOAT] if pictures else [])}
    for node in graph.node:
        if node.op_type not in operators.get(node.domain, frozenset()):
            raise BundleError(f"{where} uses the operator {node.domain[:40]}:{node.op_type[:40]}, which Assay does not write.")
        for attribute in node.attribute:
            if attribute.type not in allowed or attribute.ref_attr_name:
                raise BundleError(
                    f"{where}: the operator {node.op_type} has a setting {attribute.name[:40]!r} of a foreign kind."
                )
            if attribute.type == kinds.TENSOR:
                _check_constant(attribute.t, where)
        if node.op_type == "TreeEnsembleRegressor":
            _check_trees(node, where)
        elif node.op_type == "LabelEncoder":
            _check_labels(node, where)


def _check_constant(tensor: Any, where: str) -> None:
    """That its bytes are in the file, and as many as its shape says."""
    kinds = onnx().TensorProto
    sizes = {kinds.DOUBLE: 8, kinds.INT64: 8, kinds.BOOL: 1, kinds.STRING: 0, kinds.FLOAT: 4}
    sizes |= {kinds.INT8: 1, kinds.UINT8: 1, kinds.INT32: 4}
    if tensor.data_type not in sizes or tensor.data_location != kinds.DEFAULT or tensor.external_data:
        raise BundleError(f"{where} holds a constant of a type or in a place that Assay does not write.")
    count = prod(tensor.dims) if all(0 <= size < 2**31 for size in tensor.dims) else -1
    listed = {
        kinds.FLOAT: tensor.float_data,
        kinds.DOUBLE: tensor.double_data,
        kinds.INT64: tensor.int64_data,
        kinds.STRING: tensor.string_data,
    }
    found = len(listed.get(tensor.data_type, ()))
    if tensor.raw_data:
        found = len(tensor.raw_data) // sizes[tensor.data_type] if sizes[tensor.data_type] else -1
    if found != count:
        raise BundleError(f"{where} holds a constant of {found} entries whose shape says {count}.")


def _attributes(node: Any) -> dict[str, Any]:
    return {attribute.name: onnx().helper.get_attribute_value(attribute) for attribute in node.attribute}


def _check_labels(node: Any, where: str) -> None:
    found = _attributes(node)
    keys, values = found.get("keys_strings", []), found.get("values_int64s", [])
    if found.keys() != {"keys_strings", "values_int64s", "default_int64"} or len(keys) != len(values):
        raise BundleError(f"{where}: the levels of a column and their codes do not fit each other.")


_TREE_LISTS = (
    *("nodes_treeids", "nodes_nodeids", "nodes_featureids", "nodes_modes", "nodes_truenodeids", "nodes_falsenodeids"),
    "nodes_missing_value_tracks_true",
)
_LEAF_LISTS = ("target_treeids", "target_nodeids", "target_ids")


def _check_trees(node: Any, where: str) -> None:
    """As ``TreeArrays.from_state``, of the operator's attributes; each leaf of tree t adds to target t."""
    found = _attributes(node)
    wanted = {*_TREE_LISTS, *_LEAF_LISTS, "nodes_values_as_tensor", "target_weights_as_tensor"}
    if found.keys() != wanted | {"n_targets", "aggregate_function", "post_transform"}:
        raise BundleError(f"{where}: the trees have other attributes than Assay writes.")
    to_array = onnx().numpy_helper.to_array
    threshold, worth = to_array(found["nodes_values_as_tensor"]), to_array(found["target_weights_as_tensor"])
    nodes = {name: np.asarray(found[name]) for name in _TREE_LISTS}
    ends = {name: np.asarray(found[name]) for name in _LEAF_LISTS}
    n, trees = len(threshold), found["n_targets"]
    if not n or any(len(values) != n for values in nodes.values()) or any(len(values) != len(worth) for values in ends.values()):
        raise BundleError(f"{where}: the trees' lists are not of one length.")
    if (
        not set(found["nodes_modes"]) <= {b"LEAF", b"BRANCH_LEQ"}
        or not np.isfinite(threshold).all()
        or not np.isfinite(worth).all()
    ):
        raise BundleError(f"{where}: the trees ask what Assay does not ask.")
    tree = nodes["nodes_treeids"]
    if tree[0] != 0 or tree[-1] != trees - 1 or not np.isin(np.diff(tree), (0, 1)).all() or nodes["nodes_featureids"].min() < 0:
        raise BundleError(f"{where}: the trees are not numbered as Assay numbers them.")
    starts = np.append(np.searchsorted(tree, np.arange(trees)), n)
    own = np.arange(n) - starts[tree]
    is_leaf = nodes["nodes_modes"] == b"LEAF"
    left, right = (np.where(is_leaf, LEAF, nodes[name]) for name in ("nodes_truenodeids", "nodes_falsenodeids"))
    try:
        check_tree_shapes(starts, left, right)
    except (BundleError, IndexError, ValueError) as error:
        raise BundleError(f"{where}: {error}") from error
    fits = np.array_equal(nodes["nodes_nodeids"], own) and np.array_equal(ends["target_nodeids"], own[is_leaf])
    if not fits or any(not np.array_equal(ends[name], tree[is_leaf]) for name in ("target_treeids", "target_ids")):
        raise BundleError(f"{where}: the trees' leaves are not where Assay puts them.")
