package conclave.cli.shell;

final class CloseCommand extends Described {
  CloseCommand() {
    super("close", "", "end the session and stay", Syntax.of(0, 0));
  }

  @Override
  public boolean takesPaths() {
    return false;
  }

  @Override
  public void run(Arguments arguments, Shell shell) {
    shell.disconnect();
  }
}
