package conclave.server.admin;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;

class BucketsTest {

  @Property
  void bucketBeginsAtMostASixteenthBelow(
      @ForAll @LongRange(min = 0, max = (1L << 40) - 1) long value) {
    long lowest = Buckets.lowest(Buckets.of(value));

    assertThat(lowest).isBetween(value - value / 16, value);
  }

  @Example
  void bucketsFollowEachOther() {
    for (int bucket = 1; bucket < Buckets.COUNT; bucket++) {
      assertThat(Buckets.of(Buckets.lowest(bucket))).isEqualTo(bucket);
      assertThat(Buckets.of(Buckets.lowest(bucket) - 1)).isEqualTo(bucket - 1);
    }
  }

  @Example
  void extremesHaveABucket() {
    assertThat(Buckets.of(-5)).isZero();
    assertThat(Buckets.of(Long.MAX_VALUE)).isEqualTo(Buckets.COUNT - 1);
  }
}
