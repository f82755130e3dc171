package conclave.consensus;

import conclave.protocol.EnsembleMember;
import conclave.protocol.MembershipText;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Who is in the ensemble, and which of them decide: a configuration, ready for use. */
public final class Membership {
  private final MembershipText config;
  private final String text;
  private final Quorum quorum;
  private final SortedSet<Long> voters;

  public Membership(MembershipText config) {
    this.config = config;
    this.text = config.text();
    this.quorum = Quorum.of(config);
    SortedSet<Long> ids = new TreeSet<>();
    config
        .members()
        .forEach(
            (id, member) -> {
              if (!member.observer()) {
                ids.add(id);
              }
            });
    this.voters = Collections.unmodifiableSortedSet(ids);
  }

  public static Membership parse(String text) {
    return new Membership(MembershipText.parse(text));
  }

  public MembershipText config() {
    return config;
  }

  /** As Apache prints it; goes into every notification. */
  public String text() {
    return text;
  }

  public long version() {
    return config.version();
  }

  public Quorum quorum() {
    return quorum;
  }

  /** In ascending order. */
  public SortedSet<Long> voters() {
    return voters;
  }

  public boolean isVoter(long serverId) {
    return voters.contains(serverId);
  }

  public boolean isObserver(long serverId) {
    EnsembleMember member = member(serverId);
    return member != null && member.observer();
  }

  public @Nullable EnsembleMember member(long serverId) {
    return config.members().get(serverId);
  }

  @Override
  public String toString() {
    return text;
  }
}
