package conclave.cli.shell;

/** A command that says of itself what it was made with. */
abstract class Described implements ShellCommand {
  private final String name;
  private final String usage;
  private final String summary;
  private final Syntax syntax;

  Described(String name, String usage, String summary, Syntax syntax) {
    this.name = name;
    this.usage = usage;
    this.summary = summary;
    this.syntax = syntax;
  }

  @Override
  public final String name() {
    return name;
  }

  @Override
  public final String usage() {
    return usage;
  }

  @Override
  public final String summary() {
    return summary;
  }

  @Override
  public final Syntax syntax() {
    return syntax;
  }
}
