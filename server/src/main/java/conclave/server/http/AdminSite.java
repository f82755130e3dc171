package conclave.server.http;

/**
 * ZooKeeper's AdminServer: {@code /commands} lists the commands, {@code /commands/<name>} runs one
 * and shows what it has to say as JSON, by the names that Apache's has.
 */
public final class AdminSite implements Site {
  static final String JSON = "application/json; charset=utf-8";

  private final String commandUrl;
  private final AdminCommands commands;
  private final AdminSnapshot snapshot;

  /**
   * @param commandUrl {@code admin.commandURL}
   */
  public AdminSite(String commandUrl, AdminCommands commands, AdminSnapshot snapshot) {
    this.commandUrl = commandUrl;
    this.commands = commands;
    this.snapshot = snapshot;
  }

  @Override
  public Page show(Visit visit) {
    if (visit.method().equals("TRACE")) {
      return Page.FORBIDDEN;
    }
    String path = visit.path();
    if (!path.equals(commandUrl) && !path.startsWith(commandUrl + "/")) {
      return Page.NOT_FOUND;
    }
    String name = path.substring(Math.min(path.length(), commandUrl.length() + 1));
    if (!visit.method().equals("GET") && !visit.method().equals("HEAD")) {
      return Page.WRONG_METHOD;
    }
    if (AdminSnapshot.NAMES.contains(name)) {
      return visit.method().equals("GET") ? snapshot.show(visit) : Page.WRONG_METHOD;
    }
    return name.isEmpty() ? listing() : json(commands.run(name, visit.parameters()));
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

  private static Page json(AdminCommands.Result result) {
    return new Page(result.status(), JSON, Json.of(result.members()));
  }
}
