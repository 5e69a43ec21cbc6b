"""A saved model as one ONNX graph: from the cells of a row to its answer, preparation and calibration included.

graph        the graph under construction
cells        inputs, one a column, and what each encoder makes of them
trees        decision trees: which leaf a row reaches
learners     one exporter for each kind of fitted learner
nets         perceptrons
pictures     networks for pictures
calibrators  probabilities made true again
making       all of these as one model
int8         the graph of a network for pictures in whole numbers of eight bits
int8_judged  what that costs in accuracy, and saves in time
int8_file    it as a file
asking       graphs run by onnxruntime
probe        rows to compare answers on
file         what is written, and what is checked before a written one is believed
picture_file the same of networks for pictures

Everything is computed in float64, as here: inputs that are float32 would put values next to a split on its other side.  Networks
for pictures compute in float32 up to their outputs.
onnx and onnxruntime are the extra "onnx", and are imported when a model is exported or an exported one is verified.
"""
