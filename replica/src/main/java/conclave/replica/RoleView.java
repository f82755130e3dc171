package conclave.replica;

/**
 * What a member is at the moment.
 *
 * @param role its part
 * @param leader who leads, &minus;1 when nobody is known to
 * @param epoch of that leader, &minus;1 before there is one
 * @param serving whether clients are served
 */
public record RoleView(Part role, long leader, long epoch, Serving serving) {

  /** The parts that there are. */
  public enum Part {
    STANDALONE,
    LOOKING,
    LEADING,
    FOLLOWING,
    OBSERVING
  }
}
