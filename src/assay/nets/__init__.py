"""PyTorch: building blocks, losses, the one training loop, and the families of nets.

torch is imported in here, in functions of the recipes that use it and in the bundle's loader, and nowhere else.
"""
