"""Small inputs that are written as they stand, by their names."""

from __future__ import annotations

RELU = """\
title: A rectified loss
inputs: {z: [0.1, -0.1]}
targets: {t: [0, 1]}
equations: |
  y = relu(z)
  L = squared_error(y, t)
find: dL/dz
options: {a: [0.2, 0], b: [0.1, 0], c: [0.2, -2], d: [7, 7]}
"""
NEURON = """\
title: A neuron
inputs: {x: [-1, -2]}
weights: {w: [2, -3], b: -3}
equations: |
  z = w @ x + b
  f = sigmoid(z)
find: [df/dw, df/db]
"""
HOSTILE = "title: '<script>alert(1)</script> `x` | $y$ [red]'\ninputs: {x: 3}\nequations: y = x^2\n"
DRAWN = """\
title: A unit at zero for some students
inputs: {x: [0.1, 0.2, 0.3]}
targets: {y: 1}
weights: {W1: [[1, 1, -1]], W2: [[2]]}
activations: [relu, identity]
loss: half_squared_error
individual: {seed: 1, "x[3]": {from: 0.1, to: 0.6, step: 0.1}}
find: dL/dW1
options: {a: [[0, 0, 0]], b: [[1, 2, 3]]}
"""
NO_KEY = """\
title: Options without a key
inputs: {x: 3}
equations: y = x^2
find: dy/dx
options: {a: 5, b: 9, c: 3}
"""
TWO_KEYS = """\
title: Options with two keys
inputs: {x: 3}
equations: y = x^2
find: dy/dx
options: {a: 6, b: 6.0, c: 3}
answer: c
"""
EXPECTED = """\
title: A published key with a slip
inputs: {x: [1, 2]}
weights: {w: [3, 4]}
equations: |
  s = dot(w, x)
  y = s^2
expect: {s: 11, y: 121, dy/dw: [22, 4]}
"""
LARGE = f"""\
title: A large matrix
inputs: {{x: [{", ".join(str(at % 7 - 3) for at in range(24))}]}}
targets: {{y: [{", ".join(["1"] * 20)}]}}
weights: {{W1: [{", ".join(str([(r * c) % 5 / 10 for c in range(24)]) for r in range(20))}]}}
activations: [tanh]
loss: squared_error
"""
MARKING = """\
title: Marks in the file
inputs: {x: [1, 2]}
weights: {w: [3, 4]}
equations: |
  s = dot(w, x)
  y = s^2
marking: {s: 2, y: 1, dy/dw: 3, follows: 0.5, cap: 5}
"""
TEXTS = {
    "made/several/relu.yaml": RELU,
    "made/several/neuron.yaml": NEURON,
    "made/more/hostile.yaml": HOSTILE,
    "made/more/drawn.yaml": DRAWN,
    "made/more/no-key.yaml": NO_KEY,
    "made/more/two-keys.yaml": TWO_KEYS,
    "made/more/expected.yaml": EXPECTED,
    "made/more/large.yaml": LARGE,
    "made/more/marking.yaml": MARKING,
    "made/both.csv": (
        "student_id,relu:answer,neuron:z,df/db,relu.y[1]\n"
        "s1,a,1,0.1966,0.1\ns2,b,,0.5,\ns3,d,2,0.1,0.2\n,a,1,1,1\n"
    ),
    "made/both.jsonl": (
        '{"id": "q", "answers": {"relu": {"answer": "a"}, "neuron": {"z": 1, "f": 0.73}}}\n'
    ),
    "made/both-roster.csv": "student_id,name\ns2,Bo\ns4,Cy\ns1,Al\n",
    "made/both-scheme.yaml": "relu: {dL/dz: 10}\nneuron: {z: 5}\n",
    "made/both-sheets/relu/anna.yaml": "answer: a\n",
    "made/both-sheets/relu/ben.txt": "Answer: (b)\n",
    "made/both-sheets/neuron.csv": "id,z,f\nAnna,1,0.7311\nzed,2,0.8808\n",
    "made/marking.csv": "student_id,s,y,dy/dw\n1,11,121,22 44\n2,10,100,20 40\n3,,121,22\n",
    "made/letters.csv": "student_id,answer\n1,i\n2,a\n3,(b)\n4,k\n5,\n6,I and a\n",
    "made/headers.csv": 'Timestamp,Email Address,"Q3: dL/dyhat",z1\n'
    '1/2/2026,a@b.c,1.86,"0.7 -0.9"\n2/2/2026,b@b.c,-1.86,"0.7384 -0.8796"\n',
    "made/columns.yaml": 'dL/dyhat: "Q3*"\n',
    "made/rulings.yaml": (
        "rulings:\n"
        "  - {at: z1, value: [-0.486, 0.490], name: read by rows, share: 0.5}\n"
        "  - {at: dL/dz2, as_if: dL/dyhat * (1 - yhat), name: half of it, share: 0.25}\n"
    ),
    "made/ruled.csv": (
        "student_id,z1[1],z1[2],z2,yhat,dL/dyhat,dL/dz2\n"
        "1,-0.486,0.490,0.2903,0.5721,1.8621,0.4558\n"
        "2,0.7384,-0.8796,0.2903,0.5721,1.8621,0.7968\n"
        "3,0.7384,-0.8796,0.2903,0.5721,-1.8621,-0.4558\n"
        "4,0.7384,-0.8796,0.29,0.57,1.86,1.86\n"
        "5,0.74,-0.88,0.5503,0.6342,1.9242,0.4464\n"
    ),
    "made/deducted.yaml": "deduct: {act-derivative-missing: 0.25, loss-sign: 1}\npoints: 2\n",
    "made/named/x-4711.txt": "z2 = 0.2903\nyhat = 0.57\n",
    "made/named/y-4712.txt": "z2 = 0.29\nyhat = 0.5\n",
    "made/ids.csv": "SID,Name\n4711,Ada\n4712,Bo\n= 4713,Cy\n4711,Twice\n",
}
