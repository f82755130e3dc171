package conclave.protocol;

/**
 * Somebody, as a scheme of authentication knows them: {@code digest:user:hash}, {@code
 * ip:10.0.0.1}.
 */
public record Id(String scheme, String id) {
  /** Everybody, authenticated or not. */
  public static final Id ANYONE = new Id("world", "anyone");

  public void write(JuteWriter out) {
    out.writeString(scheme);
    out.writeString(id);
  }

  /** Null strings, which no valid id has, are read as empty ones, which no valid id has either. */
  public static Id read(JuteReader in) {
    String scheme = in.readNullableString();
    String id = in.readNullableString();
    return new Id(scheme == null ? "" : scheme, id == null ? "" : id);
  }
}
