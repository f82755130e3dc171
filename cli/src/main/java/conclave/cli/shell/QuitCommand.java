package conclave.cli.shell;

final class QuitCommand extends Described {
  QuitCommand(String name) {
    super(name, "", "end the session and leave", Syntax.of(0, 0));
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
  public void run(Arguments arguments, Shell shell) {
    shell.quit();
  }
}
