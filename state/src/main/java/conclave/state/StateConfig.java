package conclave.state;

/**
 * What the state machine has to know of the server's configuration. All members of an ensemble
 * should agree on it.
 *
 * @param extendedTypesEnabled TTL znodes are allowed, and top bytes of owners are read accordingly
 * @param enforceQuota hard quotas refuse requests and soft ones are reported; when false quotas are
 *     only counted
 * @param skipAcl nothing is refused for lack of permission
 * @param closeSessionPaths transactions that close a session name the ephemerals that go with it
 * @param digestEnabled the sum of the tree is kept, and put into transactions
 * @param reconfigEnabled a reconfig is answered as by a standalone server rather than as disabled
 * @param localSessionsEnabled sessions that are not known here may do everything but make
 *     ephemerals: another member knows them
 * @param authSchemes the schemes that may stand in ACLs
 */
public record StateConfig(
    boolean extendedTypesEnabled,
    boolean enforceQuota,
    boolean skipAcl,
    boolean closeSessionPaths,
    boolean digestEnabled,
    boolean reconfigEnabled,
    boolean localSessionsEnabled,
    AuthSchemes authSchemes) {

  /** Apache's defaults. */
  public static final StateConfig DEFAULT =
      new StateConfig(false, false, false, true, true, false, false, AuthSchemes.DEFAULT);

  public StateConfig withExtendedTypes(boolean value) {
    return new StateConfig(
        value,
        enforceQuota,
        skipAcl,
        closeSessionPaths,
        digestEnabled,
        reconfigEnabled,
        localSessionsEnabled,
        authSchemes);
  }

  public StateConfig withEnforceQuota(boolean value) {
    return new StateConfig(
        extendedTypesEnabled,
        value,
        skipAcl,
        closeSessionPaths,
        digestEnabled,
        reconfigEnabled,
        localSessionsEnabled,
        authSchemes);
  }

  public StateConfig withSkipAcl(boolean value) {
    return new StateConfig(
        extendedTypesEnabled,
        enforceQuota,
        value,
        closeSessionPaths,
        digestEnabled,
        reconfigEnabled,
        localSessionsEnabled,
        authSchemes);
  }

  public StateConfig withCloseSessionPaths(boolean value) {
    return new StateConfig(
        extendedTypesEnabled,
        enforceQuota,
        skipAcl,
        value,
        digestEnabled,
        reconfigEnabled,
        localSessionsEnabled,
        authSchemes);
  }

  public StateConfig withDigest(boolean value) {
    return new StateConfig(
        extendedTypesEnabled,
        enforceQuota,
        skipAcl,
        closeSessionPaths,
        value,
        reconfigEnabled,
        localSessionsEnabled,
        authSchemes);
  }

  public StateConfig withReconfig(boolean value) {
    return new StateConfig(
        extendedTypesEnabled,
        enforceQuota,
        skipAcl,
        closeSessionPaths,
        digestEnabled,
        value,
        localSessionsEnabled,
        authSchemes);
  }

  public StateConfig withAuthSchemes(AuthSchemes value) {
    return new StateConfig(
        extendedTypesEnabled,
        enforceQuota,
        skipAcl,
        closeSessionPaths,
        digestEnabled,
        reconfigEnabled,
        localSessionsEnabled,
        value);
  }

  public StateConfig withLocalSessions(boolean value) {
    return new StateConfig(
        extendedTypesEnabled,
        enforceQuota,
        skipAcl,
        closeSessionPaths,
        digestEnabled,
        reconfigEnabled,
        value,
        authSchemes);
  }
}
