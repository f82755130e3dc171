package conclave.bench.micro;

import conclave.protocol.Acl;
import conclave.protocol.ErrorCode;
import conclave.protocol.JuteReader;
import conclave.protocol.JuteWriter;
import conclave.protocol.OpCode;
import conclave.protocol.Reply;
import conclave.protocol.ReplyHeader;
import conclave.protocol.Request;
import conclave.protocol.Stat;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Decoding of requests and encoding of replies, as a connection does it for each frame. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class CodecBenchmark {
  private static final String PATH = "/bench/d000/n000042";
  private static final int MULTI_SIZE = 10;

  private final byte[] data = new byte[100];
  private final byte[] getData = encode(new Request.GetData(PATH, false));
  private final byte[] setData = encode(new Request.SetData(PATH, data, -1));
  private final byte[] create =
      encode(new Request.Create(OpCode.CREATE, PATH, data, Acl.OPEN, 0, 0));
  private final byte[] multi =
      encode(
          new Request.Multi(Collections.nCopies(MULTI_SIZE, new Request.SetData(PATH, data, -1))));
  private final Stat stat = new Stat(1, 2, 3, 4, 5, 6, 7, 0, 100, 0, 1);
  private final List<Reply.OpResult> results =
      Collections.nCopies(
          MULTI_SIZE, new Reply.OpResult(OpCode.SET_DATA, ErrorCode.OK, new Reply.OfStat(stat)));
  private final JuteWriter out = new JuteWriter(4096);

  private static byte[] encode(Request request) {
    JuteWriter out = new JuteWriter();
    request.write(out);
    return out.toByteArray();
  }

  @Benchmark
  public Request readGetData() {
    return Request.read(OpCode.GET_DATA, new JuteReader(getData));
  }

  @Benchmark
  public Request readSetData() {
    return Request.read(OpCode.SET_DATA, new JuteReader(setData));
  }

  @Benchmark
  public Request readCreate() {
    return Request.read(OpCode.CREATE, new JuteReader(create));
  }

  @Benchmark
  public Request readMultiOfTenSets() {
    return Request.read(OpCode.MULTI, new JuteReader(multi));
  }

  @Benchmark
  public int writeDataReply() {
    out.reset();
    ReplyHeader.write(out, 1, 2, 0);
    new Reply.OfData(data, stat).write(out);
    return out.length();
  }

  @Benchmark
  public int writeStatReply() {
    out.reset();
    ReplyHeader.write(out, 1, 2, 0);
    new Reply.OfStat(stat).write(out);
    return out.length();
  }

  @Benchmark
  public int writeMultiReply() {
    out.reset();
    ReplyHeader.write(out, 1, 2, 0);
    new Reply.OfMulti(results).write(out);
    return out.length();
  }
}
