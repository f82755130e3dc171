package conclave.server.http;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * ZooKeeper's AdminServer: {@code /commands} lists the commands, {@code /commands/<name>} runs one
 * and shows what it has to say as JSON, by the names that Apache's has.
 */
public final class AdminSite implements Site {
  static final String JSON = "application/json; charset=utf-8";

  private final String commandUrl;
  private final AdminCommands commands;
  private final AdminSnapshot snapshot;
  private final AdminRestore restore;

  /**
   * @param commandUrl {@code admin.commandURL}
   */
  public AdminSite(
      String commandUrl, AdminCommands commands, AdminSnapshot snapshot, AdminRestore restore) {
    this.commandUrl = commandUrl;
    this.commands = commands;
    this.snapshot = snapshot;
    this.restore = restore;
  }

  @Override
  public Page show(Visit visit) {
    if (visit.method().equals("TRACE")) {
      return Page.FORBIDDEN;
    }
    String name = nameOf(visit.path());
    if (name == null) {
      return Page.NOT_FOUND;
    }
    if (!visit.method().equals("GET") && !visit.method().equals("HEAD")) {
      return Page.WRONG_METHOD;
    }
    if (AdminSnapshot.NAMES.contains(name)) {
      return visit.method().equals("GET") ? snapshot.show(visit) : Page.WRONG_METHOD;
    }
    if (AdminRestore.NAMES.contains(name)) {
      return Page.WRONG_METHOD;
    }
    return name.isEmpty() ? listing() : json(commands.run(name, visit.parameters()));
  }

  @Override
  public boolean takesBody(Visit visit) {
    String name = nameOf(visit.path());
    return visit.method().equals("POST") && name != null && AdminRestore.NAMES.contains(name);
  }

  @Override
  public Reception receive(Visit visit) {
    return restore.receive(visit);
  }

  /** The command in a path, empty for the list of them; null for other pages. */
  private @Nullable String nameOf(String path) {
    return path.equals(commandUrl)
        ? ""
        : path.startsWith(commandUrl + "/") ? path.substring(commandUrl.length() + 1) : null;
  }

  private Page listing() {
    StringBuilder html = new StringBuilder();
    for (String name : commands.names()) {
      html.append("<a href=\"%s/%s\">%s</a>\n<br/>\n".formatted(escape(commandUrl), name, name));
    }
    return Page.html(html.toString());
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;").replace("\"", "&quot;").replace("<", "&lt;");
  }

  /** A command's name and its error, or null. */
  static Page answer(int status, String command, @Nullable String error) {
    Map<String, @Nullable Object> members = new LinkedHashMap<>();
    members.put("command", command);
    members.put("error", error);
    return new Page(status, JSON, Json.of(members));
  }

  private static Page json(AdminCommands.Result result) {
    return new Page(result.status(), JSON, Json.of(result.members()));
  }
}
