using System.Globalization;
using Microsoft.Data.Sqlite;

namespace SyncModule.Benchmarks.Rivals;

/// <summary>The same puts into a SQLite table: write-ahead log, synchronous=FULL, so that each transaction is on the disk when it ends.</summary>
internal static class SqlitePuts
{
    /// <summary>Puts a second, one transaction each; connection and prepared statement are kept.</summary>
    public static double OneByOne(string folder, IReadOnlyList<byte[]> values, int puts)
    {
        Directory.CreateDirectory(folder);
        using (var connection = new SqliteConnection($"Data Source={Path.Combine(folder, "puts.db")};Pooling=False"))
        {
            connection.Open();
            Execute(connection, "PRAGMA journal_mode=WAL");
            Execute(connection, "PRAGMA synchronous=FULL");
            Execute(connection, "CREATE TABLE item(key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID");
            using var insert = connection.CreateCommand();
            insert.CommandText = "INSERT INTO item VALUES($key, $value)";
            var key = insert.Parameters.Add("$key", SqliteType.Text);
            var value = insert.Parameters.Add("$value", SqliteType.Blob);
            insert.Prepare();
            double seconds = BenchContext.Time(() =>
            {
                for (int i = 0; i < puts; i++)
                {
                    key.Value = "item/" + i.ToString("D8", CultureInfo.InvariantCulture);
                    value.Value = values[i % values.Count];
                    insert.ExecuteNonQuery();
                }
            });
            connection.Close();
            Directory.Delete(folder, recursive: true);
            return puts / seconds;
        }
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
