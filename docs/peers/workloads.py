"""The workloads: golden/specs/w1.yaml to w6.yaml, as every peer reads them; or the
shapes of shapes.py, where the variable SHAPES is set."""
import os

# name: layer widths, activation of the hidden layers, activation of the output
WORKLOADS = {
    "W1": ([4, 32, 32, 2], "tanh", "linear"),
    "W2": ([784, 128, 10], "relu", "softmax"),
    "W3": ([784, 512, 512, 10], "relu", "softmax"),
    "W4": ([640, 128, 128, 128, 128, 8, 128, 128, 128, 128, 640], "relu", "linear"),
    "W5": ([256, 1024, 512, 256, 1], "relu", "linear"),
    "W6": ([64, 64, 64, 64, 1], "sigmoid", "sigmoid"),
}
INFER_BATCHES = [1, 32, 256]
TRAIN_BATCHES = [1, 32, 128]
TURNS = 16  # samples that take turns at batch 1
LEARNING_RATE = 0.01

if os.environ.get("SHAPES"):
    from shapes import SHAPES

    WORKLOADS, INFER_BATCHES, TRAIN_BATCHES = SHAPES, [1, 32, 128], []
