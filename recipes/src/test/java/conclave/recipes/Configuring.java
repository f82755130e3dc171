package conclave.recipes;

import conclave.client.ConclaveClient;
import conclave.recipes.Configuration.Revision;
import conclave.simulator.Guest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Users who change one setting. In the end its history has every change that was acknowledged, once
 * and under the number that was answered, and none that was refused; who listens knows the newest.
 */
final class Configuring extends SimulatedUsers {
  static final String PATH = "/configured";
  static final Setting<String> SETTING = Setting.ofString("setting", "");
  private static final int WANTED_AT_PEACE = 3;
  private static final int KEPT = 1_000_000;
  private static final int MOST_READS = 100;

  /** The recipe under test: a change, whatever the setting was. */
  interface Recipe {
    CompletableFuture<Revision> set(ConclaveClient client, Configuration config, String value);
  }

  private final Recipe recipe;
  private final Map<String, Long> acknowledged = new HashMap<>();
  private final Map<String, Revision> onTopOf = new HashMap<>();
  private final Set<String> refused = new HashSet<>();
  private final Set<String> asked = new HashSet<>();
  private final Map<Integer, String> told = new HashMap<>();
  private final Map<Integer, Revision> seen = new HashMap<>();
  private int sent;
  private boolean reading;
  private @Nullable List<Revision> history;
  private int reads;

  Configuring(int machines, int members, Recipe recipe) {
    super(machines, members);
    this.recipe = recipe;
  }

  private static Configuration configuration(ConclaveClient client) {
    return new Configuration(client, PATH, "somebody", KEPT);
  }

  @Override
  void work(Guest machine, ConclaveClient client) {
    Configuration config = configuration(client);
    config.onChange(SETTING, value -> told.put(machine.number(), value));
    change(machine, client, config);
  }

  private void change(Guest machine, ConclaveClient client, Configuration config) {
    if (client.isEnded() || user(machine).doneAtPeace >= WANTED_AT_PEACE) {
      return;
    }
    String value = machine.number() + "-" + machine.process() + "-" + sent++;
    asked.add(value);
    Revision expected = seen.get(machine.number());
    CompletableFuture<Optional<Revision>> changing;
    if (expected != null && machine.random().nextInt(3) == 0) {
      onTopOf.put(value, expected);
      changing = config.compareAndSet(SETTING, expected, value);
    } else {
      changing = recipe.set(client, config, value).thenApply(Optional::of);
    }
    changing.whenComplete(
        (revision, failure) ->
            guarded(
                machine,
                () -> {
                  if (failure == null) {
                    changed(machine, value, revision);
                  } else if (!client.isEnded()) {
                    failed(machine, "a change does not fail", failure);
                  }
                }));
    later(machine, 2_500, () -> change(machine, client, config));
  }

  private void changed(Guest machine, String value, Optional<Revision> revision) {
    machine.say(() -> "has set " + value + " " + revision.map(Revision::number));
    if (revision.isEmpty()) {
      refused.add(value);
      seen.remove(machine.number());
      return;
    }
    acknowledged.put(value, revision.get().number());
    seen.put(machine.number(), revision.get());
    if (isHealed()) {
      user(machine).doneAtPeace++;
    }
  }

  @Override
  public void ended(Guest machine) {
    super.ended(machine);
    told.remove(machine.number());
    seen.remove(machine.number());
  }

  @Override
  public String missing() {
    if (users.stream().anyMatch(user -> user.doneAtPeace < WANTED_AT_PEACE)) {
      return "somebody can't change anything";
    }
    List<Revision> now = history;
    if (now == null) {
      read();
      return "the history was not read";
    }
    String wrong = wrong(now);
    if (!wrong.isEmpty() && reads < MOST_READS) {
      // A change may have been under way.
      history = null;
    }
    return wrong;
  }

  private void read() {
    ConclaveClient reader = users.get(0).client;
    if (reading || reader == null) {
      return;
    }
    reading = true;
    reads++;
    reader
        .sync(PATH)
        .thenCompose(synced -> configuration(reader).history(SETTING))
        .whenComplete(
            (all, failure) -> {
              reading = false;
              history = all;
            });
  }

  private String wrong(List<Revision> all) {
    List<String> texts = new ArrayList<>();
    Revision before = null;
    for (Revision each : all) {
      Long number = acknowledged.get(each.text());
      Revision expected = onTopOf.get(each.text());
      if (texts.contains(each.text())
          || !asked.contains(each.text())
          || refused.contains(each.text())
          || number != null && number != each.number()
          || expected != null && (before == null || before.number() != expected.number())) {
        return "wrong in the history: " + each + " behind " + before;
      }
      texts.add(each.text());
      before = each;
    }
    if (!texts.containsAll(acknowledged.keySet())) {
      return "missing in the history";
    }
    String newest = texts.get(texts.size() - 1);
    for (Map.Entry<Integer, String> each : told.entrySet()) {
      if (!each.getValue().equals(newest)) {
        return each.getKey() + " was told " + each.getValue() + " last, and not " + newest;
      }
    }
    return told.size() == users.size() ? "" : "somebody was told nothing";
  }

  @Override
  public String toString() {
    return "acknowledged=" + acknowledged.size() + " refused=" + refused.size();
  }
}
