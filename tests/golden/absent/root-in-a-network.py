"""Forward and backward pass in NumPy, written by gradcalc."""

# A square root at zero beside a network
# dL/dz1 does not exist at [1]: sqrt(z1) has no derivative at z1 = 0
# dL/dW1 does not exist at [1,1], [1,2]: it rests on dL/dz1, which does not exist
# dL/db1 does not exist at [1]: it rests on dL/dz1, which does not exist

import numpy as np

# Data ---------------------------------------------------------------------------------
x = np.array([1.0, 2.0])
y = 1.0
W1 = np.array([[0.5, -0.25], [1.0, 1.0]])
b1 = np.array([0.0, 0.1])
W2 = np.array([[1.0, 2.0]])
b2 = np.array([0.3])

# Forward pass -------------------------------------------------------------------------
z1 = W1 @ x + b1
a1 = np.sqrt(z1)
z2 = W2 @ a1 + b2
L = 0.5 * np.sum((z2 - y) ** 2)

# Backward pass ------------------------------------------------------------------------
dL_dz2 = z2 - y
dL_dW2 = np.outer(dL_dz2, a1)
dL_db2 = dL_dz2
dL_da1 = W2.T @ dL_dz2
dL_dz1 = 0.5 * dL_da1 / a1
dL_dW1 = np.outer(dL_dz1, x)
dL_db1 = dL_dz1

# Answer -------------------------------------------------------------------------------
print("dL/dW1 =", dL_dW1, sep="\n")
print("dL/dW1 does not exist at [1,1], [1,2]")
print("dL/db1 =", dL_db1)
print("dL/db1 does not exist at [1]")
print("dL/dW2 =", dL_dW2, sep="\n")
print("dL/db2 =", dL_db2)
