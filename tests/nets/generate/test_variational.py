import math

import torch
from torch.distributions import Bernoulli, Categorical, Normal, kl_divergence

from assay.nets.generate.variational import EvidenceBound, VAESpec, divergence_from_standard
from assay.nets.seeding import isolated
from assay.nets.training.examples import Examples


def model_and_rows(numbers: int = 2):
    with isolated(0):
        model = VAESpec(numbers, (3, 2), 2, latent=3, hidden=(8,)).build().double()
        rows = torch.cat([torch.randn(40, numbers), torch.randint(0, 2, (40, 2))], dim=1).double()
        torch.nn.init.normal_(model.log_scale)
    return model, rows, torch.arange(40) % 2


def test_the_divergence_is_the_closed_form_of_torch():
    mean, log_variance = torch.randn(20, 4, dtype=torch.float64), torch.randn(20, 4, dtype=torch.float64)
    expected = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(0.0, 1.0)).sum(1)
    torch.testing.assert_close(divergence_from_standard(mean, log_variance), expected)


def test_the_log_likelihood_is_that_of_normals_and_categories():
    model, rows, classes = model_and_rows()
    output = model.decoded(torch.randn(40, 3, dtype=torch.float64), classes)
    expected = Normal(output[:, :2], model.log_scale.exp()).log_prob(rows[:, :2]).sum(1)
    expected = expected + Categorical(logits=output[:, 2:5]).log_prob(rows[:, 2])
    expected = expected + Bernoulli(logits=output[:, 6] - output[:, 5]).log_prob(rows[:, 3])
    torch.testing.assert_close(model.log_likelihood(output, rows), expected)


def test_the_bound_lies_below_the_likelihood_that_is_integrated_over_the_latent():
    model, rows, classes = model_and_rows(numbers=1)
    rng = torch.Generator().manual_seed(0)
    batch = Examples((rows, classes), classes)
    with torch.no_grad():
        bounds = [-float(EvidenceBound(1.0, 3)(model, batch, rng)) for _ in range(200)]
        drawn = torch.randn(5_000, 3, generator=rng, dtype=torch.float64)
        likelihoods = []
        for row, code in zip(rows, classes, strict=True):
            output = model.decoded(drawn, code.expand(len(drawn)))
            each = model.log_likelihood(output, row.expand(len(drawn), -1))
            likelihoods.append(float(each.logsumexp(0)) - math.log(len(drawn)))
    bound, likelihood = sum(bounds) / 200, sum(likelihoods) / 40
    assert bound < likelihood
    spread = torch.tensor(bounds).std() / math.sqrt(200)
    assert likelihood - bound > 3 * float(spread)


def test_beta_weighs_the_divergence():
    model, rows, classes = model_and_rows()
    batch = Examples((rows, classes), classes)
    losses = [float(EvidenceBound(beta, 3)(model, batch, torch.Generator().manual_seed(1)).detach()) for beta in (0.0, 1.0, 3.0)]
    divergence = float(divergence_from_standard(*model.encoded(rows, classes)).mean().detach())
    torch.testing.assert_close(torch.tensor(losses[1] - losses[0]), torch.tensor(divergence))
    torch.testing.assert_close(torch.tensor(losses[2] - losses[0]), torch.tensor(3 * divergence))


def test_drawn_numbers_have_the_spread_that_the_column_has_learnt():
    with isolated(0):
        model = VAESpec(2, (), 0, latent=2, hidden=(4,)).build()
        with torch.no_grad():
            model.log_scale.copy_(torch.tensor([0.5, -1.0]))
            for parameter in model.decoder.parameters():
                parameter.zero_()
            drawn = model.draw(torch.zeros(20_000, dtype=torch.int64), torch.Generator().manual_seed(0))
    torch.testing.assert_close(drawn.std(0), torch.tensor([0.5, -1.0]).exp(), rtol=0.03, atol=0)
