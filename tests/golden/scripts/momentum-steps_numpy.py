"""Forward and backward pass in NumPy, written by gradcalc."""

# A line fitted by gradient descent with momentum

import numpy as np

# Data ---------------------------------------------------------------------------------
x = np.array([1.0, 2.0])
t = np.array([2.0, 3.0])
w = 0.0
b = 0.0

# Forward pass -------------------------------------------------------------------------
y = w * x + b
L = 0.5 * np.sum((y - t) ** 2)

# Backward pass ------------------------------------------------------------------------
dL_dy = y - t
dL_dw = np.sum(dL_dy * x)
dL_db = np.sum(dL_dy)

# Answer -------------------------------------------------------------------------------
print("dL/dw =", dL_dw)
print("dL/db =", dL_db)

# Gradient descent: 2 steps ------------------------------------------------------------


def passes(w, b):
    y = w * x + b
    L = 0.5 * np.sum((y - t) ** 2)
    dL_dy = y - t
    dL_dw = np.sum(dL_dy * x)
    dL_db = np.sum(dL_dy)
    return L, dL_dw, dL_db


eta = 0.1  # learning rate
mu = 0.5  # momentum
v_w = np.zeros_like(w)
v_b = np.zeros_like(b)

for step in range(1, 3):
    v_w = mu * v_w + dL_dw
    w = w - eta * v_w
    v_b = mu * v_b + dL_db
    b = b - eta * v_b
    L, dL_dw, dL_db = passes(w, b)
    print("step", step, "L =", L)

print("w =", w)
print("b =", b)
