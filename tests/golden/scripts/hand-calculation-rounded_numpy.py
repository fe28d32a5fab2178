"""Forward and backward pass in NumPy, written by gradcalc."""

# Gradients of a 3-2-1 sigmoid network, rounded as on paper
# Hand calculation of gradients, part B question 3

import numpy as np


def sigmoid(x):
    e = np.exp(-np.abs(x))  # at most 1: no overflow
    return np.where(x >= 0, 1.0, e) / (1 + e)


def rounded(x, decimals):
    # halves away from 0, as on paper
    scaled = np.abs(x) * 10.0**decimals
    return np.copysign(np.floor(scaled + 0.5 + 1e-10) / 10.0**decimals, x)


# Data ---------------------------------------------------------------------------------
x = np.array([0.18, 2.42, 1.34])
t = -1.29
W1 = np.array([[-0.1, -0.15], [0.19, -0.07], [0.49, -0.48]])
b1 = np.array([-0.36, -0.04])
W2 = np.array([[-0.25], [0.68]])
b2 = np.array([0.26])

# Forward pass -------------------------------------------------------------------------
z1 = W1.T @ x + b1
a1 = rounded(sigmoid(z1), 2)
z2 = W2.T @ a1 + b2
o = rounded(sigmoid(z2), 2)
E = 0.5 * np.sum((o - t) ** 2)

# Backward pass ------------------------------------------------------------------------
dE_do = rounded(o - t, 2)
# layer 2
do_dz2 = o * (1 - o)
dE_dz2 = dE_do * do_dz2
dE_dW2 = np.outer(a1, dE_dz2)
dE_db2 = dE_dz2
dE_da1 = rounded(W2 @ dE_dz2, 2)
# layer 1
da1_dz1 = a1 * (1 - a1)
dE_dz1 = dE_da1 * da1_dz1
dE_dW1 = np.outer(x, dE_dz1)
dE_db1 = dE_dz1

# Answer -------------------------------------------------------------------------------
print("dE/dW1 =", dE_dW1, sep="\n")
print("dE/db1 =", dE_db1)
print("dE/dW2 =", dE_dW2, sep="\n")
print("dE/db2 =", dE_db2)
