package conclave.recipes;

/** Why something that was held isn't any more, although nobody released it. */
public enum Loss {
  /** The session is lost: the ensemble gives it up about now, and lets the next one in. */
  SESSION_LOST,
  /** The client was closed, or its credentials were refused. */
  CLIENT_ENDED,
  /** Somebody else has deleted the znode: the next one is in already. */
  ZNODE_DELETED
}
