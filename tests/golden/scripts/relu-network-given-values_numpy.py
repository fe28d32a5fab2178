"""Forward and backward pass in NumPy, written by gradcalc."""

# Backward pass through a 3-2-2-1 ReLU network
# Assignment 3, problem 1

import numpy as np


def relu(x):
    return np.maximum(x, 0)


def relu_prime(x):
    return np.where(x > 0, 1.0, 0.0)


# Data ---------------------------------------------------------------------------------
x = np.array([1.0, 2.0, 3.0])
y = 10.0
W1 = np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]])
b1 = np.array([0.1, 0.2])
W2 = np.array([[0.7, 0.8], [0.9, 1.0]])
b2 = np.array([0.3, 0.4])
W3 = np.array([[1.1, 1.2]])
b3 = 0.5

# Forward pass -------------------------------------------------------------------------
a1 = np.array([4.0, 5.0])  # given; by the equations relu(W1 @ x + b1)
a2 = np.array([6.0, 7.0])  # given; by the equations relu(W2 @ a1 + b2)
yhat = np.array([8.0])  # given; by the equations W3 @ a2 + b3
L = 0.5 * np.sum((yhat - y) ** 2)

# Backward pass ------------------------------------------------------------------------
dL_dyhat = yhat - y
# layer 3
dL_dz3 = dL_dyhat
dL_dW3 = np.outer(dL_dz3, a2)
dL_db3 = np.sum(dL_dz3)
dL_da2 = W3.T @ dL_dz3
# layer 2
da2_dz2 = relu_prime(a2)
dL_dz2 = dL_da2 * da2_dz2
dL_dW2 = np.outer(dL_dz2, a1)
dL_db2 = dL_dz2
dL_da1 = W2.T @ dL_dz2
# layer 1
da1_dz1 = relu_prime(a1)
dL_dz1 = dL_da1 * da1_dz1
dL_dW1 = np.outer(dL_dz1, x)
dL_db1 = dL_dz1

# Answer -------------------------------------------------------------------------------
print("dL/dW1 =", dL_dW1, sep="\n")
print("dL/db1 =", dL_db1)
print("dL/dW2 =", dL_dW2, sep="\n")
print("dL/db2 =", dL_db2)
print("dL/dW3 =", dL_dW3, sep="\n")
print("dL/db3 =", dL_db3)
