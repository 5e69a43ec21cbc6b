"""What a network costs, in words and as JSON."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assay.nets.image.receptive_field import ReceptiveField
    from assay.recipes.nets.picture_costs import NetworkCost

MIB = 2**20


def to_json(cost: "NetworkCost") -> dict[str, Any]:
    """Bytes, seconds, pixels; ``receptive_field`` is null where it is not known or the whole picture."""
    costs, field = cost.costs, cost.field
    return {
        "network": cost.network,
        "channels": cost.channels,
        "size": cost.size,
        "parameters": costs.parameters,
        "multiply_accumulates": costs.macs,
        "attention_multiply_accumulates": costs.attention,
        "weight_bytes": costs.weight_bytes,
        "peak_activation_bytes": costs.peak_bytes,
        "receptive_field": field.size,
        "receptive_field_is_whole_picture": field.whole,
        "receptive_field_remark": field.remark,
        "stride": field.stride,
        "last_maps": None if field.maps is None else list(field.maps),
        "latency": [
            {"batch": one.batch, "threads": one.threads, "seconds": one.seconds, "runs": one.runs} for one in cost.latency
        ],
        "layers": [
            {
                "name": layer.name,
                "kind": layer.kind,
                "output": list(layer.output),
                "parameters": layer.parameters,
                "multiply_accumulates": layer.macs,
                "attention_multiply_accumulates": layer.attention,
            }
            for layer in costs.layers
        ],
    }


def lines(cost: "NetworkCost") -> list[str]:
    """As a person reads it, a line a fact."""
    costs = cost.costs
    attention = f", and {costs.attention:,} of the products of attention" if costs.attention else ""
    found = [
        f"Network {cost.network} on {cost.channels} × {cost.size} × {cost.size}",
        f"Parameters: {costs.parameters:,}",
        f"Multiply-accumulates for a picture: {costs.macs:,}{attention}",
        f"Receptive field: {receptive_words(cost.field)}",
        f"Memory in float32: weights {costs.weight_bytes / MIB:,.1f} MiB, "
        f"activations at their peak {costs.peak_bytes / MIB:,.1f} MiB a picture",
    ]
    found += [
        f"Latency here: {1000 * one.seconds:,.1f} ms for {one.batch} {'picture' if one.batch == 1 else 'pictures'} on "
        f"{one.threads} {'thread' if one.threads == 1 else 'threads'} (median of {one.runs})"
        for one in cost.latency
    ]
    return found


def receptive_words(field: "ReceptiveField") -> str:
    maps = "" if field.maps is None else f", last maps {field.maps[0]} × {field.maps[1]}, a place every {field.stride} pixels"
    remark = f" ({field.remark})" if field.remark else ""
    if field.whole:
        return f"the whole picture{remark}{maps}"
    if field.size is None:
        return f"not known{remark}"
    return f"{field.size} × {field.size} pixels{maps}{remark}"
