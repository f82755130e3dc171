package conclave.consensus;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The connections to a leader, in the order in which they are told of something: whoever asked for
 * something last comes first, as a client waits there. There are few, and they are looked up for
 * every packet: arrays, so that this costs no garbage.
 */
final class LearnerLinks {
  private final long[] voters;
  private final @Nullable LearnerLink[] byVoter;
  private LearnerLink[] all = new LearnerLink[8];
  private int size;

  LearnerLinks(long[] voters) {
    this.voters = voters;
    this.byVoter = new LearnerLink[voters.length];
  }

  int size() {
    return size;
  }

  LearnerLink at(int index) {
    return all[index];
  }

  @Nullable LearnerLink find(long link) {
    for (int i = 0; i < size; i++) {
      if (all[i].link == link) {
        return all[i];
      }
    }
    return null;
  }

  /** The one that introduced itself with this id; null when there is none. */
  @Nullable LearnerLink introducedAs(long sid) {
    for (int i = 0; i < size; i++) {
      if (all[i].sid == sid && all[i].isAtLeast(LearnerLink.Stage.INTRODUCED)) {
        return all[i];
      }
    }
    return null;
  }

  /** The link of a voter by its id; null when it has none, or is the leader itself. */
  @Nullable LearnerLink ofVoter(long sid) {
    int voter = placeOf(sid);
    return voter == LearnerLink.NO_VOTE ? null : byVoter[voter];
  }

  int voters() {
    return voters.length;
  }

  @Nullable LearnerLink voterAt(int place) {
    return byVoter[place];
  }

  /** The place of a voter among all; {@link LearnerLink#NO_VOTE} for anybody else. */
  int placeOf(long sid) {
    for (int i = 0; i < voters.length; i++) {
      if (voters[i] == sid) {
        return i;
      }
    }
    return LearnerLink.NO_VOTE;
  }

  /** Puts one of them before all others, which stay in their order. */
  void first(LearnerLink learner) {
    if (all[0] == learner) {
      return;
    }
    int at = 0;
    while (all[at] != learner) {
      at++;
    }
    System.arraycopy(all, 0, all, 1, at);
    all[0] = learner;
  }

  void add(LearnerLink learner) {
    if (find(learner.link) != null) {
      throw new IllegalStateException("link=" + learner.link + " is there twice");
    }
    if (size == all.length) {
      all = Arrays.copyOf(all, size * 2);
    }
    all[size++] = learner;
  }

  void setVoter(LearnerLink learner, int place) {
    if (byVoter[place] != null) {
      throw new IllegalStateException("old=" + byVoter[place] + " new=" + learner);
    }
    learner.voter = place;
    byVoter[place] = learner;
  }

  void remove(LearnerLink learner) {
    for (int i = 0; i < size; i++) {
      if (all[i].link == learner.link) {
        System.arraycopy(all, i + 1, all, i, size - i - 1);
        size--;
        break;
      }
    }
    if (learner.isVoter()) {
      byVoter[learner.voter] = null;
    }
  }
}
