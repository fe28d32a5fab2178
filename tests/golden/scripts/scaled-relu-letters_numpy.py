"""Forward and backward pass in NumPy, written by gradcalc."""

# Two-layer network for regression, in letters
# Homework 1 (CSCI-GA 2572, Fall 2024), question 1.2

import numpy as np


def relu(x):
    return np.maximum(x, 0)


def f(z):
    return 5 * relu(z)


def relu_prime(x):
    return np.where(x > 0, 1.0, 0.0)


# Sizes and random numbers: change them ------------------------------------------------
N = 3
K = 4
M = 2
rng = np.random.default_rng(0)
x = rng.normal(size=(N,))
y = rng.uniform(size=(K,))
W1 = rng.normal(size=(M, N))
b1 = rng.normal(size=(M,))
W2 = rng.normal(size=(K, M))
b2 = rng.normal(size=(K,))

# Forward pass -------------------------------------------------------------------------
z1 = W1 @ x + b1
a1 = f(z1)
z2 = W2 @ a1 + b2
yhat = z2
L = np.sum((yhat - y) ** 2)

# Backward pass ------------------------------------------------------------------------
dL_dyhat = 2 * (yhat - y)
# layer 2
dL_dz2 = dL_dyhat
dL_dW2 = np.outer(dL_dz2, a1)
dL_db2 = dL_dz2
dL_da1 = W2.T @ dL_dz2
# layer 1
da1_dz1 = 5 * relu_prime(z1)
dL_dz1 = dL_da1 * da1_dz1
dL_dW1 = np.outer(dL_dz1, x)
dL_db1 = dL_dz1

# Answer -------------------------------------------------------------------------------
print("dL/dW1 =", dL_dW1, sep="\n")
print("dL/db1 =", dL_db1)
print("dL/dW2 =", dL_dW2, sep="\n")
print("dL/db2 =", dL_db2)
