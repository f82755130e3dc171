package conclave.failover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** One rule at a time, said as a story. */
class FailoverMachineTest {
  private static final int TIMEOUT_MS = 6_000;
  private static final long SESSION = 0x51;
  private static final String ME = "me 10.0.0.1:1 10.0.0.1:2";
  private static final String OTHER = "other 10.0.0.2:1 10.0.0.2:2";

  private FailoverMachine machine = machine(false, -1, 0);
  private final List<Action> actions = new ArrayList<>();
  private long nowMs;

  private static FailoverMachine machine(boolean follows, long failBackMs, long joinDelayMs) {
    return new FailoverMachine(
        new MachineOptions(
            ME, 1_000, 5_000, joinDelayMs, follows, failBackMs, Set.of("other"), 0, 20_000));
  }

  // --- becoming active

  @Test
  void standbyFirstThenLockThenBreadcrumbThenActive() {
    health(HealthState.SERVICE_HEALTHY);
    assertThat(hook().transition()).isEqualTo(Transition.BECOME_STANDBY);
    assertThat(actions).hasSize(1);
    hookDone();
    assertThat(actions).containsExactly(new Action.OpenSession(1));
    connected(1);
    assertThat(actions).containsExactly(new Action.ReadLock(1, true));
    tell(new Input.LockSeen(1, null));
    assertThat(actions).containsExactly(new Action.CreateLock(1));
    tell(new Input.LockCreated(1, 0x100));
    assertThat(actions).containsExactly(new Action.ReadBreadcrumb(1));
    tell(new Input.BreadcrumbSeen(1, null));
    assertThat(actions).containsExactly(new Action.WriteBreadcrumb(1, -1));
    tell(new Input.BreadcrumbWritten(1, 0));
    assertThat(hook().transition()).isEqualTo(Transition.BECOME_ACTIVE);
    assertThat(hook().context()).isEqualTo(new HookContext(0x100, 0, ME));
    assertThat(machine.elector()).isEqualTo(ElectorState.STANDBY);
    hookDone();
    assertThat(machine.elector()).isEqualTo(ElectorState.ACTIVE);
    assertThat(machine.token()).isEqualTo(0x100);
    assertThat(machine.active()).isEqualTo(ME);
  }

  @Test
  void ownBreadcrumbIsNotFencedEvenWithAnotherAddress() {
    holdLock();
    tell(new Input.BreadcrumbSeen(1, new Znode(7, 3, 0, "me 10.9.9.9:1 10.9.9.9:2")));
    assertThat(actions).containsExactly(new Action.WriteBreadcrumb(1, 3));
  }

  @Test
  void anotherOnesBreadcrumbIsFencedBeforeAnythingElse() {
    holdLock();
    tell(new Input.BreadcrumbSeen(1, new Znode(7, 3, 0, OTHER)));
    Action.Fence fence = (Action.Fence) actions.get(0);
    assertThat(actions).hasSize(1);
    assertThat(fence.old()).isEqualTo(OTHER);
    assertThat(fence.token()).isEqualTo(0x100);
    tell(new Input.FencingEnded(fence.id(), true, ""));
    assertThat(actions).containsExactly(new Action.WriteBreadcrumb(1, 3));
  }

  @Test
  void whoCanNotFenceGivesTheLockUpAndPauses() {
    holdLock();
    tell(new Input.BreadcrumbSeen(1, new Znode(7, 3, 0, OTHER)));
    tell(new Input.FencingEnded(((Action.Fence) actions.get(0)).id(), false, "no"));
    assertThat(actions).containsExactly(new Action.CloseSession(1));
    passUntil(nowMs + 999);
    assertThat(actions).isEmpty();
    passUntil(nowMs + 1);
    assertThat(actions).containsExactly(new Action.OpenSession(2));
  }

  @Test
  void aBreadcrumbThatHasChangedIsReadAgain() {
    holdLock();
    tell(new Input.BreadcrumbSeen(1, null));
    tell(new Input.BreadcrumbRefused(1));
    passUntil(nowMs + 100);
    assertThat(actions).containsExactly(new Action.ReadBreadcrumb(1));
    tell(new Input.BreadcrumbSeen(1, new Znode(7, 0, 0, OTHER)));
    assertThat(actions.get(0)).isInstanceOf(Action.Fence.class);
  }

  @Test
  void aFailedStartGivesTheLockUpCoolsDownAndLeavesTheBreadcrumb() {
    holdLock();
    writeBreadcrumb();
    endHook(Ending.FAILED);
    assertThat(actions).contains(new Action.CloseSession(1));
    assertThat(actions).noneMatch(action -> action instanceof Action.DeleteBreadcrumb);
    assertThat(hook().transition()).isEqualTo(Transition.BECOME_STANDBY);
    hookDone();
    passUntil(nowMs + 4_999);
    assertThat(actions).isEmpty();
    passUntil(nowMs + 1);
    assertThat(actions).containsExactly(new Action.OpenSession(2));
  }

  // --- standing by

  @Test
  void aStandbyWaitsForTheLockToGo() {
    join();
    tell(new Input.LockSeen(1, new Znode(0x90, 0, 0x77, OTHER)));
    assertThat(actions).isEmpty();
    assertThat(machine.elector()).isEqualTo(ElectorState.STANDBY);
    assertThat(machine.active()).isEqualTo(OTHER);
    tell(new Input.LockChanged(1));
    assertThat(actions).containsExactly(new Action.ReadLock(1, true));
    tell(new Input.LockSeen(1, null));
    assertThat(actions).containsExactly(new Action.CreateLock(1));
    tell(new Input.LockExists(1));
    assertThat(actions).containsExactly(new Action.ReadLock(1, true));
  }

  @Test
  void whoIsLessPreferredLeavesTheLockToOthersForAMoment() {
    machine = machine(false, -1, 500);
    join();
    tell(new Input.LockSeen(1, null));
    assertThat(actions).isEmpty();
    passUntil(nowMs + 499);
    assertThat(actions).isEmpty();
    passUntil(nowMs + 1);
    assertThat(actions).containsExactly(new Action.CreateLock(1));
  }

  @Test
  void aStandbyFollowsEveryNewActiveOnce() {
    machine = machine(true, -1, 0);
    join();
    tell(new Input.LockSeen(1, new Znode(0x90, 0, 0x77, OTHER)));
    assertThat(hook().transition()).isEqualTo(Transition.FOLLOW);
    assertThat(hook().context().active()).isEqualTo(OTHER);
    hookDone();
    tell(new Input.LockChanged(1));
    tell(new Input.LockSeen(1, new Znode(0x91, 0, 0x78, OTHER)));
    assertThat(actions).isEmpty();
    tell(new Input.LockChanged(1));
    tell(new Input.LockSeen(1, new Znode(0x92, 0, 0x79, "third")));
    assertThat(hook().context().active()).isEqualTo("third");
    endHook(Ending.FAILED);
    passUntil(nowMs + 1_000);
    assertThat(hook().transition()).as("tried again").isEqualTo(Transition.FOLLOW);
  }

  @Test
  void thePreferredNodeFailsBackWhenItHasBeenWellForLongEnough() {
    machine = machine(false, 30_000, 0);
    join();
    tell(new Input.LockSeen(1, new Znode(0x90, 0, 0x77, OTHER)));
    passWatching(29_000, new Znode(0x90, 0, 0x77, OTHER));
    assertThat(actions).doesNotContain(new Action.FailBack());
    passWatching(2_000, new Znode(0x90, 0, 0x77, OTHER));
    assertThat(actions).contains(new Action.FailBack());
  }

  // --- doubt

  @Test
  void aLockWhoseCreationWasNotAnsweredIsKnownByItsOwner() {
    join();
    tell(new Input.LockSeen(1, null));
    tell(new Input.OperationFailed(1, "connection lost", false));
    tell(new Input.SessionSuspended(1));
    assertThat(machine.elector()).isEqualTo(ElectorState.NEUTRAL);
    passUntil(nowMs + 500);
    connected(1);
    assertThat(actions).containsExactly(new Action.ReadLock(1, true));
    tell(new Input.LockSeen(1, new Znode(0x100, 0, SESSION, ME)));
    assertThat(actions).containsExactly(new Action.ReadBreadcrumb(1));
  }

  @Test
  void whatAnEarlierSessionSaysIsIgnored() {
    join();
    tell(new Input.SessionLost(1, "expired"));
    passUntil(nowMs + 100);
    assertThat(actions).containsExactly(new Action.OpenSession(2));
    tell(new Input.SessionConnected(1, SESSION, TIMEOUT_MS));
    tell(new Input.LockSeen(1, new Znode(0x100, 0, SESSION, ME)));
    assertThat(actions).isEmpty();
    assertThat(machine.elector()).isEqualTo(ElectorState.INIT);
  }

  @Test
  void anActiveOutOfTouchGoesOnUntilItsSessionMayEnd() {
    long heardMs = becomeActive();
    passUntil(heardMs + 1_000);
    assertThat(actions).as("looks after its lock").containsExactly(new Action.ReadLock(1, false));
    tell(new Input.OperationFailed(1, "connection lost", false));
    tell(new Input.SessionSuspended(1));
    assertThat(machine.elector()).isEqualTo(ElectorState.NEUTRAL);
    assertThat(machine.service()).isEqualTo(ServiceState.ACTIVE);
    passUntil(heardMs + 4_999);
    assertThat(actions).isEmpty();
    passUntil(heardMs + 5_000);
    assertThat(actions).contains(new Action.CloseSession(1));
    assertThat(hook().transition()).isEqualTo(Transition.BECOME_STANDBY);
  }

  @Test
  void anActiveInTouchInTimeKeepsItsLock() {
    long heardMs = becomeActive();
    passUntil(heardMs + 500);
    tell(new Input.SessionSuspended(1));
    passUntil(heardMs + 3_000);
    connected(1);
    assertThat(actions).containsExactly(new Action.ReadLock(1, false));
    tell(new Input.LockSeen(1, new Znode(0x100, 0, SESSION, ME)));
    assertThat(machine.elector()).isEqualTo(ElectorState.ACTIVE);
    assertThat(actions).isEmpty();
    passUntil(heardMs + 5_500);
    assertThat(machine.service()).isEqualTo(ServiceState.ACTIVE);
  }

  @Test
  void anActiveWhoseLockIsAnothersIsMadeStandby() {
    becomeActive();
    tell(new Input.LockChanged(1));
    tell(new Input.LockSeen(1, new Znode(0x101, 0, 0x77, OTHER)));
    assertThat(actions).contains(new Action.CloseSession(1));
    assertThat(hook().transition()).isEqualTo(Transition.BECOME_STANDBY);
  }

  @Test
  void whoWasStoppedActsOnTheClockBeforeAnyOldNews() {
    holdLock();
    tell(new Input.BreadcrumbSeen(1, null));
    nowMs += 60_000;
    tell(new Input.BreadcrumbWritten(1, 0));
    assertThat(actions).contains(new Action.CloseSession(1));
    assertThat(actions).noneMatch(action -> action instanceof Action.RunHook);
  }

  @Test
  void aLostSessionCancelsTheWayToBeingActive() {
    holdLock();
    writeBreadcrumb();
    long id = hook().id();
    tell(new Input.SessionLost(1, "expired"));
    assertThat(actions).contains(new Action.CancelHook(id), new Action.CloseSession(1));
    tell(new Input.HookEnded(id, Ending.CANCELLED, ""));
    assertThat(hook().transition()).isEqualTo(Transition.BECOME_STANDBY);
  }

  // --- health

  @Test
  void anIllActiveLeavesTheLockAtOnceAndTheBreadcrumbToBeFenced() {
    becomeActive();
    health(HealthState.SERVICE_NOT_RESPONDING);
    assertThat(actions).contains(new Action.CloseSession(1));
    assertThat(actions).noneMatch(action -> action instanceof Action.DeleteBreadcrumb);
    assertThat(hook().transition()).isEqualTo(Transition.BECOME_STANDBY);
  }

  @Test
  void anIllServiceIsAskedThreeTimesAndAWellOneForever() {
    becomeActive();
    health(HealthState.SERVICE_UNHEALTHY);
    for (int i = 0; i < 2; i++) {
      endHook(Ending.FAILED);
      passUntil(nowMs + 60_000);
      assertThat(hook().transition()).isEqualTo(Transition.BECOME_STANDBY);
    }
    endHook(Ending.FAILED);
    passUntil(nowMs + 600_000);
    assertThat(actions).isEmpty();
    health(HealthState.SERVICE_HEALTHY);
    for (int i = 0; i < 10; i++) {
      endHook(Ending.FAILED);
      passUntil(nowMs + 30_000);
      assertThat(hook().transition()).isEqualTo(Transition.BECOME_STANDBY);
    }
  }

  @Test
  void aServiceThatSaysTwiceThatItIsSomethingElseIsBelieved() {
    becomeActive();
    tell(new Input.Health(HealthState.SERVICE_HEALTHY, ServiceState.STANDBY, ""));
    assertThat(machine.service()).isEqualTo(ServiceState.ACTIVE);
    tell(new Input.Health(HealthState.SERVICE_HEALTHY, ServiceState.STANDBY, ""));
    assertThat(actions).contains(new Action.CloseSession(1));
    assertThat(hook().transition()).isEqualTo(Transition.BECOME_STANDBY);
  }

  // --- giving up in good order

  @Test
  void whoStopsRemovesItsBreadcrumbBeforeItsLock() {
    becomeActive();
    tell(new Input.Stop());
    assertThat(hook().transition()).isEqualTo(Transition.BECOME_STANDBY);
    assertThat(actions).hasSize(1);
    hookDone();
    assertThat(actions).containsExactly(new Action.DeleteBreadcrumb(1, 0));
    tell(new Input.BreadcrumbDeleted(1));
    assertThat(actions).containsExactly(new Action.CloseSession(1), exit(true));
  }

  @Test
  void whoCanNotBeMadeStandbyStopsAndIsFenced() {
    becomeActive();
    tell(new Input.Stop());
    endHook(Ending.FAILED);
    assertThat(actions).contains(new Action.CloseSession(1));
    assertThat(actions).noneMatch(action -> action instanceof Action.DeleteBreadcrumb);
    assertThat(actions.get(actions.size() - 1))
        .isInstanceOfSatisfying(Action.Exit.class, exit -> assertThat(exit.clean()).isFalse());
  }

  @Test
  void whoIsStillAtItWhenItsTimeIsUpStopsAnyway() {
    becomeActive();
    tell(new Input.Stop());
    passUntil(nowMs + 20_000);
    assertThat(actions).anyMatch(action -> action instanceof Action.Exit exit && !exit.clean());
  }

  @Test
  void aStandbyStopsAtOnce() {
    join();
    tell(new Input.Stop());
    assertThat(actions).containsExactly(new Action.CloseSession(1), exit(true));
  }

  @Test
  void whoYieldsStaysAwayForAsLongAsItWasAsked() {
    becomeActive();
    tell(new Input.Yield(5, 3_000));
    hookDone();
    tell(new Input.BreadcrumbDeleted(1));
    assertThat(actions)
        .containsExactly(new Action.CloseSession(1), new Action.Answer(5, true, "is standby"));
    passUntil(nowMs + 2_900);
    assertThat(actions).isEmpty();
    passUntil(nowMs + 200);
    assertThat(actions).containsExactly(new Action.OpenSession(2));
  }

  @Test
  void whoMayComeBackWhileItsBreadcrumbGoesIsNotActiveWithoutOne() {
    becomeActive();
    tell(new Input.Yield(5, 3_000));
    hookDone();
    assertThat(actions).containsExactly(new Action.DeleteBreadcrumb(1, 0));
    tell(new Input.Yield(6, 0));
    assertThat(actions).noneMatch(action -> action instanceof Action.RunHook);
    tell(new Input.BreadcrumbDeleted(1));
    assertThat(actions).contains(new Action.CloseSession(1), new Action.OpenSession(2));
  }

  // --- being asked by the next active

  @Test
  void whoIsAskedToStandDownDoesItAndThenSaysSo() {
    becomeActive();
    tell(new Input.StandDown(9, 0x200, "other"));
    assertThat(actions).contains(new Action.CloseSession(1));
    assertThat(actions).noneMatch(action -> action instanceof Action.DeleteBreadcrumb);
    assertThat(hook().transition()).isEqualTo(Transition.BECOME_STANDBY);
    hookDone();
    assertThat(actions).contains(new Action.Answer(9, true, "is standby"));
  }

  @Test
  void whoHoldsANewerLockDoesNotStandDown() {
    becomeActive();
    tell(new Input.StandDown(9, 0xff, "other"));
    assertThat(actions).containsExactly(new Action.Answer(9, false, "holds a newer lock"));
    assertThat(machine.elector()).isEqualTo(ElectorState.ACTIVE);
  }

  @Test
  void whoseServiceDoesNotRespondSaysSoAtOnce() {
    becomeActive();
    health(HealthState.SERVICE_NOT_RESPONDING);
    tell(new Input.StandDown(9, 0x200, "other"));
    assertThat(actions).containsExactly(new Action.Answer(9, false, "the service doesn't respond"));
  }

  @Test
  void whoseServiceMayStillBecomeActiveSaysNo() {
    holdLock();
    writeBreadcrumb();
    endHook(Ending.TIMED_OUT);
    hookDone();
    assertThat(machine.service()).isEqualTo(ServiceState.STANDBY);
    tell(new Input.StandDown(9, 0x200, "other"));
    assertThat(actions)
        .contains(new Action.Answer(9, false, "an attempt to become active may still take effect"));
  }

  @Test
  void whoseHookFailsSaysNo() {
    becomeActive();
    tell(new Input.StandDown(9, 0x200, "other"));
    endHook(Ending.FAILED);
    assertThat(actions)
        .anyMatch(action -> action instanceof Action.Answer answer && !answer.granted());
  }

  // --- broken invariants

  @Test
  void timeDoesNotGoBack() {
    nowMs = 10;
    health(HealthState.SERVICE_HEALTHY);
    assertThatThrownBy(() -> machine.on(9, new Input.Tick()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("nowMs=9 after nowMs=10");
  }

  // --- how the stories are told

  private void tell(Input input) {
    actions.clear();
    machine.on(nowMs, input).stream()
        .filter(action -> !(action instanceof Action.Tell))
        .forEach(actions::add);
  }

  /** Comes back whenever the machine wants it, and tells what was wanted last. */
  private void passUntil(long ms) {
    List<Action> all = new ArrayList<>();
    while (machine.wakeAtMs() <= ms) {
      nowMs = machine.wakeAtMs();
      tell(new Input.Tick());
      all.addAll(actions);
    }
    nowMs = ms;
    tell(new Input.Tick());
    actions.addAll(0, all);
  }

  private void passWatching(long ms, Znode lock) {
    List<Action> all = new ArrayList<>();
    for (long end = nowMs + ms; nowMs < end; ) {
      passUntil(Math.min(end, machine.wakeAtMs()));
      all.addAll(actions);
      if (actions.contains(new Action.ReadLock(1, false))) {
        tell(new Input.LockSeen(1, lock));
        all.addAll(actions);
      }
    }
    actions.clear();
    actions.addAll(all);
  }

  private void health(HealthState state) {
    tell(new Input.Health(state, ServiceState.UNKNOWN, ""));
  }

  private Action.RunHook lastHook;

  private Action.RunHook hook() {
    for (Action action : actions) {
      if (action instanceof Action.RunHook run) {
        lastHook = run;
      }
    }
    return lastHook;
  }

  private void hookDone() {
    endHook(Ending.DONE);
  }

  private void endHook(Ending ending) {
    tell(new Input.HookEnded(hook().id(), ending, ""));
  }

  private void connected(int generation) {
    tell(new Input.SessionConnected(generation, SESSION, TIMEOUT_MS));
  }

  private void join() {
    health(HealthState.SERVICE_HEALTHY);
    hookDone();
    connected(1);
  }

  private void holdLock() {
    join();
    tell(new Input.LockSeen(1, null));
    tell(new Input.LockCreated(1, 0x100));
  }

  private void writeBreadcrumb() {
    tell(new Input.BreadcrumbSeen(1, null));
    tell(new Input.BreadcrumbWritten(1, 0));
    hook();
  }

  /** When the ensemble was heard last. */
  private long becomeActive() {
    holdLock();
    long heardMs = nowMs;
    writeBreadcrumb();
    hookDone();
    return heardMs;
  }

  private static Action exit(boolean clean) {
    return new Action.Exit(clean, "Stopped.");
  }
}
