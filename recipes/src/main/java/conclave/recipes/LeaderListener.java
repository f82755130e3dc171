package conclave.recipes;

/** Told of this candidate's terms, on the client's thread. */
public interface LeaderListener {
  /** It leads. */
  void elected(Held term);

  /** It leads no more, and has not given it up by itself. */
  void deposed(Held term, Loss why);
}
