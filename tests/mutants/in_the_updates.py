"""Faults in the equations of optimisers, and in how their steps follow each other."""

from __future__ import annotations

from tests.mutants.mutant import faults

OPTIMISERS = faults(
    "algebra/optimisers.py",
    ('Rule("g", "-g", ("maximise",))', 'Rule("g", "g", ("maximise",))', "ascent descends"),
    ('"g + lam*w"', '"g - lam*w"', "weight decay: sign"),
    ('"w - eta*lam*w"', '"w - lam*w"', "decoupled weight decay: without the rate"),
    ('"mu*v + g"', '"v + g"', "momentum: nothing is forgotten"),
    ('"mu*v + (1 - tau)*g", ("momentum", "dampening"), first="g"',
     '"mu*v + (1 - tau)*g", ("momentum", "dampening")', "dampening: in the first step, too"),
    ('Rule("w", "w - eta*g"', 'Rule("w", "w + eta*g"', "plain step: sign"),
    ('"w - eta*(g + mu*v)"', '"w - eta*(g + v)"', "Nesterov: momentum left out"),
    ('"alpha*s + (1 - alpha)*g^2"', '"alpha*s + (1 - alpha)*g"', "RMSProp: not squared"),
    ('"alpha*gbar + (1 - alpha)*g"', '"alpha*gbar + alpha*g"', "RMSProp: centre"),
    ('"w - eta*g/(sqrt(s - gbar^2) + epsilon)"', '"w - eta*g/(sqrt(s) + epsilon)"', "not centred"),
    ('"m/(1 - beta1^t)"', '"m/(1 - beta1)"', "Adam: first correction always that of step 1"),
    ('"v/(1 - beta2^t)"', '"v/(1 - beta1^t)"', "Adam: the other beta"),
    ('"max(vmax, v)"', '"v"', "AMSGrad: largest not kept"),
    ('mhat/(sqrt(vhat) + epsilon)"', 'mhat/sqrt(vhat + epsilon)"', "Adam: ε under the root"),
    ('Rule("s", "s + g^2")', 'Rule("s", "g^2")', "AdaGrad: not summed"),
    ("(1 + (t - 1)*kappa)", "(1 + t*kappa)", "AdaGrad: steps counted from 0"),
    ('("eps", "1e-10")', '("eps", "1e-8")', "AdaGrad: another default"),
)  # fmt: skip

SOLVE = faults(
    "problem/solve.py",
    ("values |= after\n", "values = {**after, **values}\n", "parameters not moved"),
    ("entered, kept = kept, {", "entered, _ = kept, {", "state not kept"),
    ("self.programs[min(step, 2) - 1]", "self.programs[0]", "every step is a first one"),
    ("STEP: np.asarray(float(step))", "STEP: np.asarray(1.0)", "steps not counted"),
    ("self.descent.rate(step).value", "self.descent.rate(1).value", "the first rate for all"),
    ("{**inputs, PARAMETER: value, **kept}, {}, self.adjust)",
     "{**inputs, PARAMETER: value, **kept}, {}, None)", "updates not rounded"),
    ("found = problem.program.run(values, {}, problem.rounding)",
     "found = problem.program.run(values, {}, None)", "later passes not rounded"),
    ("[value for line, value in pairs if line.name == letter][-1]",
     "[value for line, value in pairs if line.name == letter][0]", "first of two assignments"),
)  # fmt: skip
