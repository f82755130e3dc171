package conclave.failover;

/**
 * What a hook is told.
 *
 * @param token the czxid of the lock, for becoming active; else of the last lock that this node
 *     held, 0 for none
 * @param breadcrumbVersion the version of the breadcrumb that goes with it; -1 for none
 * @param active the data of whoever holds the lock, as far as it is known; else empty
 */
record HookContext(long token, int breadcrumbVersion, String active) {
  static final HookContext NOTHING = new HookContext(0, -1, "");
}
