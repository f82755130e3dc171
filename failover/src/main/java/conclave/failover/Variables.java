package conclave.failover;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** What commands find in their environment, and requests by HTTP under the same names. */
final class Variables {
  static final String NODE = "CONCLAVE_NODE";
  static final String TOKEN = "CONCLAVE_TOKEN";
  static final String TARGET_CONTROLLER = "CONCLAVE_TARGET_CONTROLLER";

  private Variables() {}

  /** For a check. */
  static Map<String, String> check(NodeConfig self) {
    return own(self, "check");
  }

  private static Map<String, String> own(NodeConfig self, String transition) {
    Map<String, String> all = new TreeMap<>();
    all.put("CONCLAVE_TRANSITION", transition);
    all.put(NODE, self.name());
    putAddress(all, "CONCLAVE_", self.address());
    putVars(all, "CONCLAVE_VAR_", self);
    return all;
  }

  /** For a hook. */
  static Map<String, String> hook(FailoverConfig config, Transition what, HookContext context) {
    Map<String, String> all = own(config.self(), what.key());
    all.put(TOKEN, Long.toString(context.token()));
    all.put("CONCLAVE_BREADCRUMB_VERSION", Integer.toString(context.breadcrumbVersion()));
    Identity active = Identity.parse(context.active());
    NodeConfig known = config.find(active.node());
    all.put("CONCLAVE_ACTIVE_NODE", active.node());
    putAddress(all, "CONCLAVE_ACTIVE_", known == null ? active.address() : known.address());
    return all;
  }

  /** For fencing. */
  static Map<String, String> fence(FailoverConfig config, Identity old, long token) {
    Map<String, String> all = own(config.self(), "fence");
    all.put(TOKEN, Long.toString(token));
    NodeConfig known = config.find(old.node());
    all.put("CONCLAVE_TARGET_NODE", old.node());
    putAddress(all, "CONCLAVE_TARGET_", known == null ? old.address() : known.address());
    all.put(TARGET_CONTROLLER, known == null ? old.controller() : known.controller());
    if (known != null) {
      putVars(all, "CONCLAVE_TARGET_VAR_", known);
    }
    return all;
  }

  private static void putAddress(Map<String, String> all, String prefix, String address) {
    int colon = address.lastIndexOf(':');
    all.put(prefix + "ADDRESS", address);
    all.put(prefix + "HOST", colon < 0 ? address : address.substring(0, colon));
    all.put(prefix + "PORT", colon < 0 ? "" : address.substring(colon + 1));
  }

  private static void putVars(Map<String, String> all, String prefix, NodeConfig node) {
    node.vars().forEach((name, value) -> all.put(prefix + name.toUpperCase(Locale.ROOT), value));
  }
}
