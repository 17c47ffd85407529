// java -cp FLINK/lib/* run_flink_sql.java SCRIPT [OPTION=VALUE …]
// Runs the statements of a script in a Flink inside of this process and waits for each to end. (Flink's
// SQL client does the same, but not every distribution has all that it needs.)
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;
import org.apache.flink.table.api.TableResult;

class RunFlinkSql {
  public static void main(String[] arguments) throws Exception {
    Map<String, String> options = new HashMap<>();
    for (int i = 1; i < arguments.length; ++i) {
      int equals = arguments[i].indexOf('=');
      options.put(arguments[i].substring(0, equals), arguments[i].substring(equals + 1));
    }
    TableEnvironment tables =
        TableEnvironment.create(
            EnvironmentSettings.newInstance()
                .withConfiguration(Configuration.fromMap(options))
                .build());
    for (String statement : Files.readString(Path.of(arguments[0])).split(";\n")) {
      if (statement.isBlank()) continue;
      TableResult result = tables.executeSql(statement);
      if (result.getJobClient().isPresent()) result.await();
    }
  }
}
