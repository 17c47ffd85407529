"""A network for the processes of a test: a namespace for each host, and between them a router in
this process, which cuts, delays and loses packets as it is told. It needs the right to make network
namespaces, and TUN devices, and no other means of the kernel. All of it is gone with this process.
"""
import contextlib
import ctypes
import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import threading
import time

from workloads import Failure

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
# Of a packet: large ones, since each goes through Python.
MTU = 32768

libc = ctypes.CDLL(None, use_errno=True)


class NoRight(Exception):
    """This machine, or this user, has no such network."""


def call(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(f'{" ".join(command)}: {done.stderr}')


def own_namespace():
    """This thread is in a new one from now on; its descriptor."""
    if libc.unshare(CLONE_NEWNET) != 0:
        raise NoRight('no right to make network namespaces')
    call('ip', 'link', 'set', 'lo', 'up')
    return os.open('/proc/thread-self/ns/net', os.O_RDONLY | os.O_CLOEXEC)


def open_device(address):
    try:
        device = os.open('/dev/net/tun', os.O_RDWR | os.O_CLOEXEC | os.O_NONBLOCK)
        fcntl.ioctl(device, TUNSETIFF, struct.pack('16sH22x', b'net0', IFF_TUN | IFF_NO_PI))
    except OSError as error:
        raise NoRight(f'no TUN device: {error}') from error
    call('ip', 'address', 'add', f'{address}/24', 'dev', 'net0')
    call('ip', 'link', 'set', 'net0', 'mtu', str(MTU), 'txqueuelen', '5000', 'up')
    return device


class Network:
    """`hosts` are names; the first one is this process's own namespace from then on. For use in
    `with`, before other threads are started."""

    def __init__(self, hosts, seed):
        self.hosts = list(hosts)
        self.chance = random.Random(seed)
        self.addresses = {host: f'10.77.0.{number}' for number, host in enumerate(hosts, 1)}
        self.spaces = {}
        self.devices = {}  # of packets to and from a host
        # What the router's thread reads; each is replaced as a whole.
        self.cuts = frozenset()
        self.disturbance = (0.0, 0.0, 0.0)
        self.dropped = self.passed = 0
        self.stopping = False
        self.thread = threading.Thread(target=self.route, name='router')

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            stack.callback(self.close)
            for host in [*self.hosts[1:], self.hosts[0]]:
                self.spaces[host] = own_namespace()
                self.devices[host] = open_device(self.addresses[host])
            self.thread.start()
            stack.pop_all()
        return self

    def __exit__(self, *unused):
        self.stopping = True
        self.thread.join()
        self.close()

    def close(self):
        for descriptor in [*self.devices.values(), *self.spaces.values()]:
            os.close(descriptor)

    def inside(self, host):
        """What starts a command there."""
        return ['nsenter', f'--net=/proc/{os.getpid()}/fd/{self.spaces[host]}']

    def cut(self, one, other, both=True):
        """Packets from one to the other go nowhere, and nobody is told."""
        self.cuts |= {(one, other), (other, one)} if both else {(one, other)}

    def mend(self):
        self.cuts = frozenset()

    def disturb(self, delay=0.0, jitter=0.0, loss=0.0):
        """Of all packets; delays in seconds, loss as a share."""
        self.disturbance = (delay, jitter, loss)

    def route(self):
        hosts = {device: host for host, device in self.devices.items()}
        by_address = {bytes(map(int, self.addresses[host].split('.'))): (host, device)
                      for host, device in self.devices.items()}
        waiting = []
        sequence = 0
        while not self.stopping:
            timeout = 0.05
            if waiting:
                timeout = min(timeout, max(0.0, waiting[0][0] - time.monotonic()))
            for source in select.select(list(hosts), [], [], timeout)[0]:
                with contextlib.suppress(BlockingIOError):
                    packet = os.read(source, MTU + 64)
                    if len(packet) < 20 or packet[0] >> 4 != 4:
                        continue
                    host, target = by_address.get(packet[16:20], (None, None))
                    delay, jitter, loss = self.disturbance
                    lost = loss and self.chance.random() < loss
                    if host is None or lost or (hosts[source], host) in self.cuts:
                        self.dropped += 1
                        continue
                    self.passed += 1
                    if delay == 0:
                        self.hand_over(target, packet)
                        continue
                    sequence += 1
                    due = time.monotonic() + delay + self.chance.uniform(0, jitter)
                    heapq.heappush(waiting, (due, sequence, target, packet))
            while waiting and waiting[0][0] <= time.monotonic():
                _, _, target, packet = heapq.heappop(waiting)
                self.hand_over(target, packet)

    def hand_over(self, target, packet):
        try:
            os.write(target, packet)
        except OSError:
            self.dropped += 1
