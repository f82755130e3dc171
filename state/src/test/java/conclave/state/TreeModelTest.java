package conclave.state;

import static org.assertj.core.api.Assertions.assertThat;

import conclave.protocol.Id;
import conclave.protocol.LoggedTxn;
import conclave.protocol.Request;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** The state machine against its dumb twin. */
class TreeModelTest {

  private record InFlight(LoggedTxn txn, Request request, Outcome expected) {}

  @Property(tries = 2000)
  void pipelinedRequestsHaveTheOutcomesOfOnesDoneInTurn(@ForAll long seed) {
    Requests random = new Requests(seed);
    boolean extended = random.below(2) == 0;
    StateConfig config =
        StateConfig.DEFAULT.withExtendedTypes(extended).withCloseSessionPaths(random.below(4) > 0);
    StateMachine state = new StateMachine(config);
    Model model = new Model(extended);
    ArrayDeque<InFlight> inFlight = new ArrayDeque<>();
    int depth = 1 + random.below(12);
    for (int i = 1; i <= 250; i++) {
      Request request = i <= 3 ? new Request.CreateSession(5_000) : random.next();
      Caller caller = i <= 3 ? new Caller(i, 0, Requests.ALICE) : random.caller();
      Outcome expected = model.run(request, caller, i, 1_000 + i);
      LoggedTxn txn = state.prepare(request, caller, i, 1_000 + i);
      inFlight.add(new InFlight(txn, request, expected));
      while (inFlight.size() >= depth || !inFlight.isEmpty() && random.below(5) == 0) {
        apply(state, inFlight.remove());
      }
    }
    while (!inFlight.isEmpty()) {
      apply(state, inFlight.remove());
    }
    assertThat(Images.of(state)).isEqualTo(model.image());
    model.nodes.forEach((path, node) -> assertThat(state.stat(path)).isEqualTo(model.stat(path)));
    assertThat(state.digestMismatches()).isZero();
    assertFiguresOf(state, model);
  }

  private static void apply(StateMachine state, InFlight next) {
    Outcome outcome = state.apply(next.txn, EventSink.NONE);
    assertThat(outcome).as("%s", next.request).isEqualTo(next.expected);
  }

  private static void assertFiguresOf(StateMachine state, Model model) {
    assertThat(state.nodeCount()).isEqualTo(model.nodes.size());
    assertThat(state.sessions()).isEqualTo(model.sessions);
    Map<Long, Integer> ephemerals = new HashMap<>();
    long size = 0;
    for (Map.Entry<String, Model.Node> entry : model.nodes.entrySet()) {
      Model.Node node = entry.getValue();
      size += entry.getKey().equals("/") ? 1 : entry.getKey().length();
      size += node.data == null ? 0 : node.data.length;
      if (node.owner > 0 && node.owner < 100) {
        ephemerals.merge(node.owner, 1, Integer::sum);
      }
    }
    assertThat(state.approximateDataSize()).isEqualTo(size);
    Map<Long, Integer> counted = new TreeMap<>();
    state.ephemerals().forEach((id, paths) -> counted.put(id, paths.size()));
    assertThat(counted).isEqualTo(ephemerals);
    int below = state.nodeCount() - 1;
    assertThat(sumOfDescendants(state)).isEqualTo(below);
  }

  private static int sumOfDescendants(StateMachine state) {
    conclave.protocol.JuteWriter out = new conclave.protocol.JuteWriter();
    state.read(
        new Request.GetAllChildrenNumber("/"), new Caller(0, 0, List.of(new Id("super", ""))), out);
    return new conclave.protocol.JuteReader(out.toByteArray()).readInt();
  }

  @Property(tries = 20)
  void replayingTheLogGivesTheSameTree(@ForAll long seed) {
    Requests random = new Requests(seed);
    StateConfig config = StateConfig.DEFAULT.withExtendedTypes(true);
    StateMachine state = new StateMachine(config);
    List<LoggedTxn> log = new ArrayList<>();
    List<Long> digests = new ArrayList<>();
    StateMachine loaded = null;
    for (int i = 1; i <= 400; i++) {
      Request request = i <= 3 ? new Request.CreateSession(5_000) : random.next();
      Caller caller = i <= 3 ? new Caller(i, 0, Requests.ALICE) : random.caller();
      LoggedTxn txn = state.prepare(request, caller, i, 1_000 + i);
      Outcome outcome = state.apply(txn, EventSink.NONE);
      log.add(txn);
      digests.add(state.digest());
      if (loaded != null) {
        assertThat(loaded.apply(txn, EventSink.NONE)).isEqualTo(outcome);
      }
      if (i == 200) {
        loaded = Images.reload(state, config);
        assertThat(loaded.digest()).isEqualTo(state.digest());
      }
    }
    for (int run = 0; run < 2; run++) {
      StateMachine other = new StateMachine(config);
      for (int i = 0; i < log.size(); i++) {
        other.apply(log.get(i), EventSink.NONE);
        assertThat(other.digest()).isEqualTo(digests.get(i));
      }
      assertThat(Images.of(other)).isEqualTo(Images.of(state));
      assertThat(other.digestMismatches()).isZero();
      assertThat(other.digestLog()).isEqualTo(state.digestLog());
    }
    assertThat(Images.of(loaded)).isEqualTo(Images.of(state));
    assertThat(loaded.digestMismatches()).isZero();
  }
}
