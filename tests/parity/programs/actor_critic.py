"""An actor and a critic that keep a pole upright."""

from collections import deque, namedtuple

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim

Saved = namedtuple("Saved", ["log_prob", "value", "entropy"])


class Pole:
    def __init__(self, seed):
        self.rng = np.random.RandomState(seed)

    def reset(self):
        self.state, self.t = self.rng.uniform(-0.05, 0.05, 4).astype(np.float32), 0
        return self.state

    def step(self, action):
        force = 1.0 if action == 1 else -1.0
        x, v, angle, spin = self.state
        self.state = np.array([x + 0.02 * v, v + 0.02 * (force - 0.1 * v), angle + 0.02 * spin,
                               spin + 0.02 * (9.8 * angle - 0.7 * force)], dtype=np.float32)
        self.t += 1
        return self.state, 1.0, bool(abs(x) > 2.4 or abs(angle) > 0.2 or self.t >= 60)


class Policy(nn.Module):
    def __init__(self):
        super(Policy, self).__init__()                       # noqa: UP008 (as it is written everywhere)
        self.affine = nn.Linear(4, 64)
        self.dropout = nn.Dropout(p=0.1)
        self.action_head = nn.Linear(64, 2)
        self.value_head = nn.Linear(64, 1)
        self.saved, self.rewards = [], []

    def forward(self, x):
        x = F.relu(self.dropout(self.affine(x)))
        return F.softmax(self.action_head(x), dim=-1), self.value_head(x)


def select_action(model, state):
    probs, value = model(torch.from_numpy(state).float().unsqueeze(0))
    action = torch.multinomial(probs, num_samples=1).item()
    entropy = -(probs * probs.clamp_min(1e-8).log()).sum()
    model.saved.append(Saved(torch.log(probs.squeeze(0)[action] + 1e-8), value, entropy))
    return action


def finish_episode(model, optimizer, gamma=0.99):
    R, returns = 0.0, deque()
    for r in model.rewards[::-1]:
        R = r + gamma * R
        returns.appendleft(R)
    returns = torch.tensor(returns)
    returns = (returns - returns.mean()) / (returns.std() + np.finfo(np.float32).eps.item())
    policy_losses, value_losses = [], []
    for (log_prob, value, _), R in zip(model.saved, returns):
        policy_losses.append(-log_prob * (R - value.item()))
        value_losses.append(F.smooth_l1_loss(value, torch.tensor([[R]])))
    optimizer.zero_grad()
    loss = torch.stack(policy_losses).sum() + torch.stack(value_losses).sum() - 0.01 * torch.stack([s.entropy
        for s in model.saved]).mean()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
    optimizer.step()
    del model.rewards[:]
    del model.saved[:]
    return loss.item()


def losses(steps):
    torch.manual_seed(543)
    env, model = Pole(1), Policy()
    optimizer = optim.Adam(model.parameters(), lr=3e-2)
    out = []
    for _ in range(steps):
        state, done = env.reset(), False
        while not done:
            state, reward, done = env.step(select_action(model, state))
            model.rewards.append(reward)
        out.append(float(len(model.rewards)))              # the same actions were drawn
        out.append(finish_episode(model, optimizer))
    return out
