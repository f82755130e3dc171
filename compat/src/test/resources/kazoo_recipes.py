"""Exercises kazoo's client and recipes on one server: recipes.py HOST:PORT ROOT."""

import sys
import threading
import uuid

from kazoo.client import KazooClient
from kazoo.exceptions import (
    BadVersionError,
    NoAuthError,
    NodeExistsError,
    NoNodeError,
    NotEmptyError,
    RolledBackError,
)
from kazoo.recipe.watchers import ChildrenWatch, DataWatch
from kazoo.security import make_digest_acl

HOSTS, ROOT = sys.argv[1], sys.argv[2]
LIMIT = 60


def client(**options):
    made = KazooClient(hosts=HOSTS + ROOT, timeout=20, **options)
    made.start(timeout=LIMIT)
    return made


def raises(kind, call, *arguments, **options):
    try:
        call(*arguments, **options)
    except kind:
        return
    raise AssertionError("expected %s" % kind.__name__)


def nodes(one, two):
    one.create("/n", b"1")
    raises(NodeExistsError, one.create, "/n")
    assert two.get("/n")[0] == b"1"
    assert two.set("/n", b"2", version=0).version == 1
    raises(BadVersionError, two.set, "/n", b"3", version=0)
    one.ensure_path("/n/deep/er")
    assert two.get_children("/n") == ["deep"]
    children, stat = two.get_children("/n", include_data=True)
    assert children == ["deep"] and stat.numChildren == 1
    raises(NotEmptyError, one.delete, "/n")
    one.delete("/n", recursive=True)
    assert two.exists("/n") is None
    raises(NoNodeError, one.get, "/n")
    assert one.create("/seq-", sequence=True).startswith("/seq-00000")
    path, stat = one.create("/stated", b"abc", include_data=True)
    assert path == "/stated" and stat.dataLength == 3
    one.sync("/")


def transactions(one, two):
    transaction = one.transaction()
    transaction.create("/t", b"1")
    transaction.set_data("/t", b"2", version=0)
    transaction.check("/t", version=1)
    transaction.create("/t/child")
    transaction.delete("/t/child")
    assert len(transaction.commit()) == 5
    assert two.get("/t")[0] == b"2"
    failing = one.transaction()
    failing.create("/t/x")
    failing.check("/t", version=99)
    results = failing.commit()
    assert isinstance(results[0], RolledBackError), results
    assert isinstance(results[1], BadVersionError), results


def access(one, two):
    acl = make_digest_acl("alice", "pw", all=True)
    one.create("/guarded", b"secret", acl=[acl])
    raises(NoAuthError, two.get, "/guarded")
    two.add_auth("digest", "alice:pw")
    assert two.get("/guarded")[0] == b"secret"
    assert two.get_acls("/guarded")[0] == [acl]


def lock(one, two):
    first = one.Lock("/lock", "one")
    second = two.Lock("/lock", "two")
    assert first.acquire(timeout=LIMIT)
    assert not second.acquire(blocking=False)
    assert "one" in second.contenders()
    got = threading.Event()
    waiting = threading.Thread(target=lambda: second.acquire(timeout=LIMIT) and got.set())
    waiting.start()
    first.release()
    assert got.wait(LIMIT)
    waiting.join(LIMIT)
    second.release()
    with one.ReadLock("/rw"):
        with two.ReadLock("/rw"):
            assert not two.WriteLock("/rw").acquire(blocking=False)
    with two.WriteLock("/rw"):
        assert not one.ReadLock("/rw").acquire(blocking=False)
    semaphore = one.Semaphore("/semaphore", max_leases=1)
    with semaphore:
        assert not two.Semaphore("/semaphore", max_leases=1).acquire(blocking=False)


def election(one, two):
    led = []
    first = threading.Thread(target=lambda: one.Election("/election", "one").run(led.append, "one"))
    second = threading.Thread(target=lambda: two.Election("/election", "two").run(led.append, "two"))
    first.start()
    second.start()
    first.join(LIMIT)
    second.join(LIMIT)
    assert sorted(led) == ["one", "two"], led


def groups(one, two):
    mine, others = one.Party("/party", "one"), two.Party("/party", "two")
    mine.join()
    others.join()
    assert len(mine) == 2
    others.leave()
    assert len(mine) == 1
    mine.leave()


def counters(one, two):
    mine, others = one.Counter("/counter"), two.Counter("/counter")
    for _ in range(10):
        mine += 1
        others += 2
    assert mine.value == 30, mine.value


def barriers(one, two):
    barrier = one.Barrier("/barrier")
    barrier.create()
    passed = threading.Event()
    thread = threading.Thread(target=lambda: two.Barrier("/barrier").wait(LIMIT) and passed.set())
    thread.start()
    barrier.remove()
    assert passed.wait(LIMIT)
    thread.join(LIMIT)
    doubles = [c.DoubleBarrier("/double", 2) for c in (one, two)]
    threads = [threading.Thread(target=lambda d=d: (d.enter(), d.leave())) for d in doubles]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LIMIT)
        assert not thread.is_alive()


def queues(one, two):
    queue, reader = one.Queue("/queue"), two.Queue("/queue")
    for i in range(5):
        queue.put(b"%d" % i)
    assert [reader.get() for _ in range(5)] == [b"0", b"1", b"2", b"3", b"4"]
    locking, other = one.LockingQueue("/locking"), two.LockingQueue("/locking")
    locking.put(b"x")
    assert other.get(LIMIT) == b"x"
    assert other.consume()


def watchers(one, two):
    seen, done = [], threading.Event()

    def on_data(data, stat):
        seen.append(data)
        if data == b"3":
            done.set()

    one.create("/watched", b"1")
    DataWatch(two, "/watched", on_data)
    one.set("/watched", b"3")
    assert done.wait(LIMIT), seen
    children, full = [], threading.Event()

    def on_children(names):
        children.append(sorted(names))
        if len(names) == 2:
            full.set()

    ChildrenWatch(two, "/watched", on_children)
    one.create("/watched/a")
    one.create("/watched/b")
    assert full.wait(LIMIT), children


def sessions(one, two):
    mortal = client()
    name = "/mortal-" + uuid.uuid4().hex
    mortal.create(name, ephemeral=True)
    gone = threading.Event()
    assert one.exists(name, watch=lambda event: gone.set())
    mortal.stop()
    mortal.close()
    assert gone.wait(LIMIT)
    assert one.command(b"ruok") == "imok"
    assert one.server_version()[:2] == (3, 9)


def main():
    one, two = client(), client()
    try:
        for recipe in (
            nodes, transactions, access, lock, election, groups,
            counters, barriers, queues, watchers, sessions,
        ):
            recipe(one, two)
            print("passed:", recipe.__name__, flush=True)
    finally:
        for each in (one, two):
            each.stop()
            each.close()
    print("all recipes passed", flush=True)


main()
