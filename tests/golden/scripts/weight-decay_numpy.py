"""Forward and backward pass in NumPy, written by gradcalc."""

# Weight decay

import numpy as np


def relu(x):
    return np.maximum(x, 0)


def relu_prime(x):
    return np.where(x > 0, 1.0, 0.0)


# Data ---------------------------------------------------------------------------------
x = np.array([1.0, -1.0])
y = 1.0
W1 = np.array([[0.5, 0.2], [1.0, -0.5]])
b1 = np.array([0.2, 0.0])
W2 = np.array([[1.0, 0.4]])
b2 = np.array([0.1])
lam = 0.1

# Forward pass -------------------------------------------------------------------------
z1 = W1 @ x + b1
a1 = relu(z1)
z2 = W2 @ a1 + b2
a2 = z2
E = 0.5 * np.sum((a2 - y) ** 2)
L = E + lam / 2 * (np.sum(W1**2) + np.sum(W2**2))

# Backward pass ------------------------------------------------------------------------
dL_dE = 1
dE_da2 = a2 - y
dL_da2 = dE_da2
# layer 2
dL_dz2 = dL_da2
dL_dW2 = np.outer(dL_dz2, a1) + lam * W2
dL_db2 = dL_dz2
dL_da1 = W2.T @ dL_dz2
# layer 1
da1_dz1 = relu_prime(z1)
dL_dz1 = dL_da1 * da1_dz1
dL_dW1 = np.outer(dL_dz1, x) + lam * W1
dL_db1 = dL_dz1

# Answer -------------------------------------------------------------------------------
print("dL/dW1 =", dL_dW1, sep="\n")
print("dL/db1 =", dL_db1)
print("dL/dW2 =", dL_dW2, sep="\n")
print("dL/db2 =", dL_db2)
