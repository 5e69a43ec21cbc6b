"""What a network for pictures sees: its maps, what in a picture moved its answer, what it answers most to.

layers      which layers give maps, and what they gave       scores     the score of a class, and of rows in batches
grad_cam    where the last maps spoke for a class            integrated integrated gradients
filters     the weights of the first convolution             features   what the last layer reads, for nearest pictures
basis       how a picture is written to be optimised         objectives, visualise   what a neuron, map or layer answers most to

All of them take a whole model in evaluation mode, standardisation included, and pictures in the units of its training pictures.
"""
