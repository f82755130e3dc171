package conclave.cli.shell;

import conclave.recipes.json.Json;

final class VersionCommand extends Described {
  private final String version;

  VersionCommand(String version) {
    super("version", "", "print the version of this shell", Syntax.of(0, 0));
    this.version = version;
  }

  @Override
  public boolean needsSession() {
    return false;
  }

  @Override
  public boolean takesPaths() {
    return false;
  }

  @Override
  public void run(Arguments arguments, Shell shell) throws Console.Stopped {
    if (shell.json()) {
      shell.printJson(Json.object("version", version));
    } else {
      shell.print("ZooKeeper CLI version: " + version);
    }
  }
}
