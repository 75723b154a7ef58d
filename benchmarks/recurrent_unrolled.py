"""Our side of recurrent.py, and what both sides share: the sizes, the way of timing, the protocol of requests.

`python recurrent_unrolled.py [--accelerator]` answers requests, one line of JSON each.
"""

import json
import statistics
import sys
from functools import lru_cache
from time import perf_counter

TIME, FEATURES = 100, 8
SCAN_UNITS, SCAN_BATCH = 64, 4
LOOP_UNITS, LOOP_STEPS = 200, 1000


def serve(jobs):
    """Answer requests, one a line, until there are no more; what else is printed goes to standard error."""
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = jobs[request.pop("job")](**request)
        except Exception as error:  # the driver says it, and goes on
            answer = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
        print(json.dumps(answer), file=answers, flush=True)


def timed(run, seconds, warm_up=3, least=5):
    """The median of single calls of `run` during so many seconds; a few calls before them do not count.

    `run` has to return only when its work is done.
    """
    for _ in range(warm_up):
        run()
    found, end = [], perf_counter() + seconds
    while len(found) < least or perf_counter() < end:
        start = perf_counter()
        run()
        found.append(perf_counter() - start)
    return {"median": statistics.median(found), "calls": len(found)}


def product_rate(run, side, seconds):
    """GFLOP/s of a product of two square matrices."""
    return 2e-9 * side**3 / timed(run, seconds)["median"]


def normal(*shape, seed=0):
    """The same numbers on either side."""
    import numpy as np  # late: memory() tells what the libraries take

    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def peak_memory():
    """The most memory that this process ever had resident, in MiB."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << (20 if sys.platform == "darwin" else 10))


def network_of(kind, units, features):
    """A network with one recurrent layer and one output, on the device."""
    import jax
    import jax.numpy as jnp
    import numpy as np

    from unrolled.networks import NetworkDesign, member_keys

    key = member_keys(0, 1)[0]
    network = NetworkDesign.parse(f"{kind}:{units}").initialize(features, 1, key=key, dtype=np.float32)
    return jax.tree.map(jnp.array, network)


@lru_cache(maxsize=1)
def training_step(kind, units, batch, time):
    """One Adam step on the mean squared error at the last step, in one program; the weights stay on the device."""
    import jax
    import jax.numpy as jnp

    from unrolled.compilation import compiled
    from unrolled.learn import Optimizer

    rule = Optimizer("adam").transformation(1e-3)
    inputs, targets = jnp.array(normal(batch, time, FEATURES)), jnp.array(normal(batch, 1, seed=1))

    def loss(network, inputs, targets):
        outputs, _ = network.run(inputs, network.initial_states((batch,)), last=1)
        return jnp.mean((outputs[:, 0] - targets) ** 2)

    def step(network, moments, inputs, targets):
        value, slope = jax.value_and_grad(loss)(network, inputs, targets)
        updates, moments = rule.update(slope, moments, network)
        return jax.tree.map(jnp.add, network, updates), moments, value

    program = compiled(step, donate_argnums=(0, 1))
    network = network_of(kind, units, FEATURES)
    # Adam's two moments start as the same zeros, and what is given away twice cannot be used.
    carried = jax.tree.map(jnp.array, [network, rule.init(network)])

    def run():
        carried[:] = jax.block_until_ready(program(*carried, inputs, targets))[:2]

    return run


@lru_cache(maxsize=4)
def scan_run(time, scan, backward):
    """A layer of `mingru` over a long sequence, and the derivatives of a weighted sum of its activities."""
    import jax
    import jax.numpy as jnp

    from unrolled.compilation import compiled
    from unrolled.networks import unroll

    cell = network_of("mingru", SCAN_UNITS, FEATURES).layers[0]
    inputs = jnp.array(normal(SCAN_BATCH, time, FEATURES))
    errors = jnp.array(normal(SCAN_BATCH, time, SCAN_UNITS, seed=1))

    def forward(cell, inputs, errors):
        return unroll(cell, inputs, cell.initial_state((SCAN_BATCH,)), scan=scan)[0]

    def total(cell, inputs, errors):
        return jnp.vdot(errors, forward(cell, inputs, errors))

    program = compiled(jax.grad(total, argnums=(0, 1)) if backward else forward)
    return lambda: jax.block_until_ready(program(cell, inputs, errors))


@lru_cache(maxsize=2)
def loop_run(way):
    """A closed loop: a bare layer, or the package's own model as its users run it."""
    import jax
    import jax.numpy as jnp

    import unrolled
    from unrolled.compilation import compiled
    from unrolled.networks import closed_loop

    if way == "window":
        model = unrolled.model("rnn", members=1, epochs=1).fit(unrolled.dataset("pairing-particles").head(12))
        return lambda: model.predict(LOOP_STEPS)

    def loop(network, window):
        def predict(window, states):
            return network.step(window[-1], states)

        return closed_loop(predict, window, network.initial_states(), LOOP_STEPS)

    program, network, window = compiled(loop), network_of("elman", LOOP_UNITS, 1), jnp.full((1, 1), 0.1)
    return lambda: jax.block_until_ready(program(network, window))


def product_rates(side, seconds, accelerator):
    """The rate of JAX, and on a CPU of numpy."""
    import jax
    import jax.numpy as jnp

    a, b = normal(side, side), normal(side, side, seed=1)
    x, y = jnp.array(a), jnp.array(b)
    found = {"JAX": product_rate(lambda: jax.block_until_ready(jnp.matmul(x, y)), side, seconds)}
    return found if accelerator else {"numpy": product_rate(lambda: a @ b, side, seconds), **found}


def memory(kind, units, batch, time):
    """Peaks before and after one training step, its compilation included."""
    import jax

    import unrolled.learn
    import unrolled.networks  # noqa: F401 - what comes later shall not count as the step's

    jax.block_until_ready(jax.numpy.zeros(1))
    loaded = peak_memory()
    training_step(kind, units, batch, time)()
    return {"loaded": loaded, "peak": peak_memory()}


def device():
    import jax

    return {"name": ", ".join(f"{device.platform} {device.device_kind}" for device in jax.devices())}


def jobs(accelerator):
    """What our worker answers."""
    return {
        "device": device,
        "rate": lambda side, seconds: product_rates(side, seconds, accelerator),
        "step": lambda seconds, **case: timed(training_step(**case), seconds),
        "scan": lambda seconds, **case: timed(scan_run(**case), seconds),
        "loop": lambda seconds, way: timed(loop_run(way), seconds),
        "memory": memory,
    }


if __name__ == "__main__":
    serve(jobs("--accelerator" in sys.argv))
