"""The Jacobian of a robot arm, twice: to reach a place, and to stay away from poses in which it cannot move.

Seven joints, each a turn about an axis of the frame that the joints before it have made. The derivative of the hand's
place is checked against the cross products of the textbook, and drives the arm to its target. How freely the hand can
move is √det JJᵀ (Yoshikawa 1985): its gradient, a derivative of a derivative, turns what the target leaves free.
"""

import numpy as np
from numpy.typing import NDArray

import fad
from fad.testing import check_grads

Array = NDArray[np.float64]

AXES = np.array([[0, 0, 1], [0, 1, 0], [0, 0, 1], [0, -1, 0], [0, 0, 1], [0, 1, 0], [0, 0, 1]], float)
LINKS = np.array([[0, 0, 0.34], [0, 0, 0], [0, 0, 0.4], [0, 0, 0], [0, 0, 0.4], [0, 0, 0], [0.05, 0, 0.126]])  # m
TARGET = np.array([0.45, 0.25, 0.55])  # m


def turn(axis: Array, angle: np.float64) -> Array:
    """Rodrigues' formula."""
    K = np.cross(np.eye(3), axis)  # K @ v is the cross product of axis and v
    matrix: Array = np.eye(3) + np.sin(angle) * K + (1.0 - np.cos(angle)) * K @ K
    return matrix


def chain(angles: Array) -> tuple[Array, Array, Array]:
    """Each joint's place and axis, of shape (joints, 3), and the hand's place."""
    place, frame = np.zeros(3), np.eye(3)
    places, axes = [], []
    for axis, link, angle in zip(AXES, LINKS, angles, strict=True):
        places.append(place)
        axes.append(frame @ axis)
        frame = frame @ turn(axis, angle)
        place = place + frame @ link
    return np.stack(places), np.stack(axes), place


def hand(angles: Array) -> Array:
    return chain(angles)[2]


hand_jacobian = fad.jit(fad.jacobian(hand))  # of shape (3, joints)


def freedom(angles: Array) -> np.float64:
    J = hand_jacobian(angles)
    volume: np.float64 = np.sqrt(np.linalg.det(J @ J.T))
    return volume


def reach(angles: Array, target: Array, damping: float = 0.05) -> tuple[Array, int]:
    """Joint angles that bring the hand to the target, by damped least squares, and the number of steps."""
    for step in range(100):
        gap, J = target - hand(angles), hand_jacobian(angles)
        distance = float(np.linalg.norm(gap))
        if distance < 1e-9:
            return angles, step
        angles = angles + J.T @ np.linalg.solve(J @ J.T + min(damping, distance) ** 2 * np.eye(3), gap)
    raise RuntimeError("the target is out of reach")


def main() -> None:
    angles = np.array([0.1, 0.5, -0.2, -0.6, 0.3, 0.4, 0.1])
    places, axes, at = chain(angles)
    textbook = np.cross(axes, at - places).T
    print(f"jacobian and cross products differ by {np.max(np.abs(hand_jacobian(angles) - textbook)):.1e}")
    check_grads(freedom, (angles,))

    angles, steps = reach(angles, TARGET)
    print(f"hand at {hand(angles).round(6)} after {steps} steps, freedom {freedom(angles):.4f}")

    climb = fad.jit(fad.grad(freedom))
    for _ in range(60):
        J = hand_jacobian(angles)
        free = np.eye(7) - np.linalg.pinv(J) @ J  # the motions that leave the hand where it is
        angles, _ = reach(angles + 2.0 * free @ climb(angles), TARGET)
    print(f"hand at {hand(angles).round(6)} all the while, freedom {freedom(angles):.4f}")
    print(f"joints (degrees): {np.degrees(angles).round(1)}")


if __name__ == "__main__":
    main()
