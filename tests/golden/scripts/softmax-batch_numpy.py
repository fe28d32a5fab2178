"""Forward and backward pass in NumPy, written by gradcalc."""

# Softmax and cross-entropy, a batch of three

import numpy as np


def softmax(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def xlogy(a, b):
    return a * np.log(np.where(a == 0, 1.0, b))  # 0 where a is 0


def xdivy(a, b):
    return a / np.where(a == 0, 1.0, b)  # 0 where a is 0


# Data ---------------------------------------------------------------------------------
x = np.array([[1.0, 2.0], [-1.0, 0.5], [0.0, 1.0]])
y = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
W1 = np.array([[0.1, 0.2], [0.3, -0.1], [-0.2, 0.4]])
b1 = np.array([0.0, 0.1, -0.1])

# Forward pass -------------------------------------------------------------------------
z1 = x @ W1.T + b1
yhat = softmax(z1)
L = -1 / 3 * np.sum(xlogy(y, yhat))

# Backward pass ------------------------------------------------------------------------
dL_dyhat = -1 / 3 * xdivy(y, yhat)
dL_dz1 = yhat * (dL_dyhat - np.sum(dL_dyhat * yhat, axis=-1, keepdims=True))
dL_dW1 = dL_dz1.T @ x
dL_db1 = np.sum(dL_dz1, axis=0)

# Answer -------------------------------------------------------------------------------
print("dL/dW1 =", dL_dW1, sep="\n")
print("dL/db1 =", dL_db1)
