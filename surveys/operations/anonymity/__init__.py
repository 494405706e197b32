"""The attacks on the anonymity promise, as anybody may run them: `manage.py anonymity_check`.

`scratch` sets up an empty database of the installation's own kind and starts this package there as a process of its
own. `seeded` makes a study of which the truth is known, `evidence` is what an attacker holds, `linking` how they
guess; the attacks themselves stand in modules by what they need; `findings` judges them and `report` tells.
"""
