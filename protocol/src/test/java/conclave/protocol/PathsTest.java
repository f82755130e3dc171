package conclave.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.StringLength;
import org.apache.zookeeper.common.PathUtils;

class PathsTest {

  /** The alphabet is mostly made of what the rules are about. */
  @Property(tries = 5000)
  void agreesWithApache(
      @ForAll
          @StringLength(max = 8)
          @CharRange(from = '.', to = '0')
          @CharRange(from = '\u0000', to = '\u00a1')
          @CharRange(from = '\ud7fe', to = '\ud801')
          @CharRange(from = '\uf8fd', to = '\uffff')
          String path) {
    assertThat(Paths.isValid(path)).as("path <%s>", path).isEqualTo(apacheAccepts(path));
    assertThat(Paths.isValid("/" + path)).as("/%s", path).isEqualTo(apacheAccepts("/" + path));
  }

  @Property
  void aPathIsItsParentAndItsName(
      @ForAll @CharRange(from = 'a', to = 'z') @StringLength(min = 1, max = 3) String parent,
      @ForAll @CharRange(from = 'a', to = 'z') @StringLength(min = 1, max = 3) String name) {
    assertThat(Paths.parent("/" + name)).isEqualTo(Paths.ROOT);
    assertThat(Paths.parent("/" + parent + "/" + name)).isEqualTo("/" + parent);
    assertThat(Paths.name("/" + parent + "/" + name)).isEqualTo(name);
    assertThat(Paths.child(Paths.ROOT, name)).isEqualTo("/" + name);
    assertThat(Paths.child("/" + parent, name)).isEqualTo("/" + parent + "/" + name);
  }

  private static boolean apacheAccepts(String path) {
    try {
      PathUtils.validatePath(path);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
