import java.time.Duration;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.serialization.AbstractDeserializationSchema;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.connector.kafka.source.enumerator.initializer.OffsetsInitializer;
import org.apache.flink.core.execution.CheckpointingMode;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.streaming.api.functions.windowing.ProcessWindowFunction;
import org.apache.flink.streaming.api.windowing.assigners.TumblingEventTimeWindows;
import org.apache.flink.streaming.api.windowing.windows.TimeWindow;
import org.apache.flink.util.Collector;

/** Flink: FlinkJob BROKERS TOPIC-PREFIX EVENTS THREADS. State on the heap, a checkpoint each second, exactly once. */
final class FlinkJob {
  private static final Peer.Cells cells = new Peer.Cells();

  public static final class Reader extends AbstractDeserializationSchema<Peer.Event> {
    @Override public Peer.Event deserialize(byte[] json) { return Peer.read(json); }
  }

  public static final class Count implements AggregateFunction<Peer.Event, Peer.Cell, Peer.Cell> {
    @Override public Peer.Cell createAccumulator() { return new Peer.Cell(); }

    @Override public Peer.Cell add(Peer.Event event, Peer.Cell cell) {
      cell.add(1, event.size);
      return cell;
    }

    @Override public Peer.Cell getResult(Peer.Cell cell) { return cell; }

    @Override public Peer.Cell merge(Peer.Cell one, Peer.Cell other) {
      one.add(other.count, other.sum);
      return one;
    }
  }

  /** Sees each window once, when it is closed. */
  public static final class Keep extends ProcessWindowFunction<Peer.Cell, Long, String, TimeWindow> {
    @Override public void process(String department, Context context, Iterable<Peer.Cell> result, Collector<Long> out) {
      for (Peer.Cell cell : result) {
        cells.add(department, context.window().getStart() / Peer.MINUTE_MS, cell);
        out.collect(cell.count);
      }
      Peer.end();
    }
  }

  public static void main(String[] arguments) throws Exception {
    Configuration settings = new Configuration();
    settings.setString("state.backend.type", "hashmap");
    settings.setString("execution.checkpointing.storage", "filesystem");
    settings.setString("execution.checkpointing.dir", "file://" + System.getProperty("java.io.tmpdir") + "/checkpoints");
    settings.setString("pipeline.object-reuse", "true");
    settings.setString("pipeline.generic-types", "false"); // none of the types may need the slow serializer
    StreamExecutionEnvironment environment =
        StreamExecutionEnvironment.createLocalEnvironment(Integer.parseInt(arguments[3]), settings);
    environment.enableCheckpointing(1000, CheckpointingMode.EXACTLY_ONCE);
    KafkaSource<Peer.Event> source = KafkaSource.<Peer.Event>builder()
        .setBootstrapServers(arguments[0])
        .setTopics(Peer.topics(arguments[1]))
        .setGroupId("peer-" + System.nanoTime())
        .setStartingOffsets(OffsetsInitializer.earliest())
        .setBounded(OffsetsInitializer.latest())
        .setValueOnlyDeserializer(new Reader())
        .setProperty("max.poll.records", "5000")
        .setProperty("max.partition.fetch.bytes", String.valueOf(8 << 20))
        .build();
    environment.fromSource(source, WatermarkStrategy.<Peer.Event>forBoundedOutOfOrderness(Duration.ofSeconds(5))
            .withTimestampAssigner((event, before) -> event.timeMs), "events")
        .keyBy(event -> event.department)
        .window(TumblingEventTimeWindows.of(Duration.ofMinutes(1)))
        .aggregate(new Count(), new Keep())
        .sinkTo(new DiscardingSink<>());
    environment.execute();
    cells.print();
    System.exit(0);
  }

  private FlinkJob() { }
}
