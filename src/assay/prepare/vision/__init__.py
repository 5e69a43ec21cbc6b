"""What is read from pictures without a net: kernels, colours, gradients, keypoints, faces, Haar features.

Plain functions of arrays stand beside the encoders that put them into a column of a prepared matrix.
"""
