def save_trial_figures(*a):
    pass


def save_sweep_figures(*a):
    pass
