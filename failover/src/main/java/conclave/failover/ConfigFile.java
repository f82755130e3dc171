package conclave.failover;

import conclave.client.ConnectString;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;

/** Reads a {@link FailoverConfig} from a YAML file. docs/failover.md shows one with all keys. */
public final class ConfigFile {
  /** For {@link #load}: whichever, for those who only want to ask the controllers. */
  public static final String ANY_NODE = "*";

  private static final long HOUR_MS = 3_600_000;
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");
  private static final Pattern VARIABLE_NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,62}");
  private static final String A_CALL = "a command or http, and perhaps a timeout";

  private final Path file;

  private ConfigFile(Path file) {
    this.file = file;
  }

  /**
   * Reads a file.
   *
   * @param nodeName which of its nodes this is; null for what the file says
   */
  public static FailoverConfig load(Path file, @Nullable String nodeName) throws ConfigException {
    try {
      return new ConfigFile(file).read(Files.readString(file), nodeName);
    } catch (NoSuchFileException e) {
      throw new ConfigException("There is no file " + file + ".", e);
    } catch (IOException e) {
      throw new ConfigException(file + " can't be read: " + e.getMessage() + ".", e);
    } catch (MarkedYamlEngineException e) {
      String line = e.getProblemMark().map(mark -> ", line " + (mark.getLine() + 1)).orElse("");
      throw new ConfigException(file + line + " is not YAML: " + e.getProblem() + ".", e);
    } catch (YamlEngineException e) {
      throw new ConfigException(file + " is not YAML: " + e.getMessage() + ".", e);
    }
  }

  private FailoverConfig read(String text, @Nullable String nodeName) throws ConfigException {
    Node root =
        new Compose(LoadSettings.builder().build())
            .composeString(text)
            .orElseThrow(() -> new ConfigException(file + " is empty."));
    YamlMap top = new YamlMap(file, "", root);
    String ensemble = ensemble(top);
    String parent = parent(top);
    FailoverConfig.Session session = session(top.mapOrEmpty("session"));
    List<NodeConfig> nodes = nodes(top.map("nodes", "a name for each node, and what it is"));
    NodeConfig self = self(top, nodes, nodeName);
    FailoverConfig.Health health = health(top.map("health", "a command, http or tcp"));
    Map<Transition, Call> hooks =
        hooks(top.map("hooks", "becomeActive, becomeStandby and perhaps follow"));
    List<FencingMethod> fencing = fencing(top);
    FailoverConfig.Election election = election(top.mapOrEmpty("election"));
    String secret = secret(top);
    top.done();
    return new FailoverConfig(
        file, ensemble, parent, session, self, nodes, health, hooks, fencing, election, secret);
  }

  // --- the ensemble

  private String ensemble(YamlMap top) throws ConfigException {
    String text = top.text("ensemble", "the servers, such as zk1:2181,zk2:2181,zk3:2181");
    try {
      ConnectString.parse(text);
      return text;
    } catch (IllegalArgumentException e) {
      throw top.wrong("ensemble", "can't be used: " + e.getMessage());
    }
  }

  private static String parent(YamlMap top) throws ConfigException {
    String text = top.text("parent", "the path of a znode, such as /failover/redis");
    String problem = conclave.protocol.Paths.problem(text);
    if (problem != null || text.equals("/")) {
      throw top.wrong(
          "parent",
          "is \"" + text + "\"; it takes the path of a znode of its own, such as /failover/redis");
    }
    return text;
  }

  private FailoverConfig.Session session(YamlMap map) throws ConfigException {
    int timeoutMs = (int) map.duration("timeout", 10_000, 500, HOUR_MS);
    long aheadMs = map.duration("demoteAhead", 0, 1, timeoutMs / 2);
    List<String> auth = map.words("auth", List.of());
    for (String one : auth) {
      if (one.indexOf(':') <= 0) {
        throw map.wrong("auth", "takes scheme:credentials, such as digest:user:password");
      }
    }
    String acl = map.text("acl", "open", "open or creator");
    if (!acl.equals("open") && !acl.equals("creator")) {
      throw map.wrong("acl", "is \"" + acl + "\"; it takes open or creator");
    }
    if (acl.equals("creator") && auth.isEmpty()) {
      throw map.wrong("acl", "is creator, which needs credentials in auth");
    }
    map.done();
    return new FailoverConfig.Session(timeoutMs, aheadMs, auth, acl.equals("creator"));
  }

  // --- nodes

  private static List<NodeConfig> nodes(YamlMap map) throws ConfigException {
    List<NodeConfig> nodes = new ArrayList<>();
    for (String name : map.keys()) {
      YamlMap node = map.map(name, "address, controller and perhaps priority and vars");
      if (!NAME.matcher(name).matches()) {
        throw map.wrong(name, "is no name; take letters, digits, dots, dashes and underscores");
      }
      Map<String, String> vars = node.texts("vars");
      for (String variable : vars.keySet()) {
        if (!VARIABLE_NAME.matcher(variable).matches()) {
          throw node.wrong(
              "vars", "has \"" + variable + "\", which can't be the name of a variable");
        }
      }
      nodes.add(
          new NodeConfig(
              name,
              node.address("address"),
              node.address("controller"),
              node.number("priority", 0, -1_000, 1_000),
              vars));
      node.done();
    }
    if (nodes.isEmpty()) {
      throw map.wrongHere("takes at least one node");
    }
    return nodes;
  }

  private static NodeConfig self(YamlMap top, List<NodeConfig> nodes, @Nullable String given)
      throws ConfigException {
    String all = String.join(", ", nodes.stream().map(NodeConfig::name).toList());
    String written = top.text("node", "", "one of " + all);
    if (ANY_NODE.equals(given)) {
      return nodes.get(0);
    }
    String wanted = given != null ? given : written;
    if (wanted.isEmpty()) {
      throw top.wrongHere(
          "does not say which node this is; give --node NAME or a key \"node\" with one of " + all);
    }
    return nodes.stream()
        .filter(node -> node.name().equals(wanted))
        .findFirst()
        .orElseThrow(() -> top.wrong("nodes", "has no \"" + wanted + "\"; there are " + all));
  }

  // --- health, hooks, fencing

  private FailoverConfig.Health health(YamlMap map) throws ConfigException {
    long timeoutMs = map.duration("timeout", 5_000, 10, HOUR_MS);
    Call check = null;
    if (map.has("tcp")) {
      String address = map.address("tcp");
      int colon = address.lastIndexOf(':');
      check =
          new Call.Tcp(
              address.substring(0, colon),
              Integer.parseInt(address.substring(colon + 1)),
              timeoutMs);
    }
    Call other = commandOrHttp(map, timeoutMs);
    if ((check == null) == (other == null)) {
      throw map.wrongHere("takes one of command, http and tcp");
    }
    FailoverConfig.Health health =
        new FailoverConfig.Health(
            check == null ? java.util.Objects.requireNonNull(other) : check,
            map.duration("interval", 1_000, 10, HOUR_MS),
            map.number("healthy", 1, 1, 1_000),
            map.number("unhealthy", 3, 1, 1_000),
            map.flag("reportsRole", false));
    if (health.reportsRole() && check != null) {
      throw map.wrong("reportsRole", "needs a command or http: a connection says nothing");
    }
    map.done();
    return health;
  }

  private Map<Transition, Call> hooks(YamlMap map) throws ConfigException {
    Map<Transition, Call> hooks = new EnumMap<>(Transition.class);
    for (Transition transition : Transition.values()) {
      boolean optional = transition == Transition.FOLLOW;
      if (!optional || map.has(transition.key())) {
        hooks.put(transition, hook(map.map(transition.key(), A_CALL)));
      }
    }
    map.done();
    return hooks;
  }

  private Call hook(YamlMap map) throws ConfigException {
    Call call = commandOrHttp(map, map.duration("timeout", 30_000, 10, HOUR_MS));
    if (call == null) {
      throw map.wrongHere("takes one of command and http");
    }
    map.done();
    return call;
  }

  /** Null when there is neither. */
  private @Nullable Call commandOrHttp(YamlMap map, long timeoutMs) throws ConfigException {
    boolean command = map.has("command");
    boolean http = map.has("http");
    if (command && http) {
      throw map.wrongHere("takes one of command and http");
    }
    return command ? command(map, timeoutMs) : http ? http(map, timeoutMs) : null;
  }

  /** A text is for the shell, a list is a program with its arguments. */
  private static Call.Command command(YamlMap map, long timeoutMs) throws ConfigException {
    List<String> words = map.words("command", List.of());
    if (words.isEmpty() || words.get(0).isBlank()) {
      throw map.wrong(
          "command", "takes a line for the shell, or a list of a program and arguments");
    }
    return new Call.Command(
        map.isList("command") ? words : List.of("/bin/sh", "-c", words.get(0)), timeoutMs);
  }

  private static Call.Http http(YamlMap map, long timeoutMs) throws ConfigException {
    String url = map.text("http", "a URL");
    // Variables are filled in later; here only what can be seen is looked at.
    String plain = url.replaceAll("\\$\\{[^}]*\\}", "0");
    try {
      URI uri = URI.create(plain);
      if (uri.getHost() == null || !List.of("http", "https").contains(uri.getScheme())) {
        throw map.wrong("http", "is \"" + url + "\"; it takes a URL with http or https");
      }
    } catch (IllegalArgumentException e) {
      throw map.wrong("http", "is \"" + url + "\", which is no URL");
    }
    return new Call.Http(
        map.text("method", "GET", "GET, POST, PUT or DELETE"),
        url,
        map.texts("headers"),
        map.text("body", "", "a text"),
        map.number("status", 0, 100, 599),
        timeoutMs);
  }

  private List<FencingMethod> fencing(YamlMap top) throws ConfigException {
    List<FencingMethod> methods = new ArrayList<>();
    for (YamlMap map :
        top.maps("fencing", "a list of methods: graceful, ssh, shell or http, first the gentle")) {
      if (map.keys().size() != 1) {
        throw map.wrongHere("takes one of graceful, ssh, shell and http");
      }
      String name = map.keys().iterator().next();
      methods.add(new FencingMethod(name, fencingCall(map, name)));
    }
    if (methods.isEmpty()) {
      throw top.wrong(
          "fencing", "takes at least one method: without one nobody can take over from the dead");
    }
    return methods;
  }

  private Call fencingCall(YamlMap list, String name) throws ConfigException {
    YamlMap map = list.map(name, "its settings");
    long timeoutMs = map.duration("timeout", 5_000, 10, HOUR_MS);
    Call call =
        switch (name) {
          case "graceful" -> new Call.Graceful(timeoutMs);
          case "shell" -> shell(map, timeoutMs);
          case "ssh" -> ssh(map, timeoutMs);
          case "http" -> webRequest(map, timeoutMs);
          default -> throw list.wrong(name, "is unknown; there are graceful, ssh, shell and http");
        };
    map.done();
    return call;
  }

  private static Call shell(YamlMap map, long timeoutMs) throws ConfigException {
    return command(map, timeoutMs);
  }

  private static Call webRequest(YamlMap map, long timeoutMs) throws ConfigException {
    Call.Http call = http(map, timeoutMs);
    return map.has("method")
        ? call
        : new Call.Http("POST", call.url(), call.headers(), call.body(), call.status(), timeoutMs);
  }

  private static Call ssh(YamlMap map, long timeoutMs) throws ConfigException {
    return new Call.Ssh(
        map.text("to", "${CONCLAVE_TARGET_HOST}", "user@host, or a host"),
        map.number("port", 22, 1, 0xffff),
        map.words("options", List.of()),
        map.text("command", "a command that ends the service there"),
        timeoutMs);
  }

  // --- the rest

  private static FailoverConfig.Election election(YamlMap map) throws ConfigException {
    String never = map.text("failBack", "never", "never, or a time");
    FailoverConfig.Election election =
        new FailoverConfig.Election(
            map.duration("pause", 1_000, 10, HOUR_MS),
            map.duration("cooldown", 10_000, 10, HOUR_MS),
            map.duration("priorityDelay", 500, 0, HOUR_MS),
            never.equals("never") ? -1 : map.duration("failBack", -1, 1_000, 24 * HOUR_MS),
            map.duration("stopWithin", 20_000, 100, HOUR_MS));
    map.done();
    return election;
  }

  private String secret(YamlMap top) throws ConfigException {
    String name = top.text("secretFile", "", "the path of a file");
    if (name.isEmpty()) {
      return "";
    }
    Path beside = file.toAbsolutePath().resolveSibling(name);
    try {
      String secret = Files.readString(beside).strip();
      if (!secret.isEmpty() && secret.chars().allMatch(c -> c > 0x20 && c < 0x7f)) {
        return secret;
      }
    } catch (IOException e) {
      throw top.wrong("secretFile", "can't be read: " + e.getMessage());
    }
    throw top.wrong("secretFile", "has to hold one word, of visible ASCII characters");
  }
}
