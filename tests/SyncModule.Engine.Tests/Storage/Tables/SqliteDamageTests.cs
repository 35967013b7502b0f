using System.Text;
using Microsoft.Win32.SafeHandles;
using SyncModule.Core.Model;
using SyncModule.Engine.Storage.Tables;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Storage.Tables;

/// <summary>A damaged file ends in the store's own kind of error, or in rows; never in another exception, and never in an endless scan.</summary>
public sealed class SqliteDamageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string DatabasePath => _folder.File("t.db");

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 60)];

    [Theory]
    [InlineData(1)]
    [InlineData(99)]
    [InlineData(4096)]
    [InlineData(70_001)]
    public void Garbage_is_damage(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        File.WriteAllBytes(DatabasePath, bytes);
        Assert.Equal("IndexDamaged", Assert.Throws<SyncException>(() => OpenIndex()).ErrorId);
        Assert.Equal("LocalStateDamaged", Assert.Throws<SyncException>(() => SqliteLocalStore.Open(DatabasePath, create: true)).ErrorId);
        Assert.Equal(bytes, File.ReadAllBytes(DatabasePath));
    }

    [Fact]
    public void The_other_database_and_another_version_are_damage()
    {
        OpenIndex().Dispose();
        Assert.Equal("LocalStateDamaged", Assert.Throws<SyncException>(() => SqliteLocalStore.Open(DatabasePath, create: true)).ErrorId);
        using (SafeFileHandle file = File.OpenHandle(DatabasePath, FileMode.Open, FileAccess.ReadWrite)) RandomAccess.Write(file, [9], 63); // the header's user_version
        Assert.Equal("IndexDamaged", Assert.Throws<SyncException>(() => OpenIndex()).ErrorId);
    }

    [Fact]
    public void A_table_that_seems_to_stand_on_anothers_page_is_damage()
    {
        using (var store = SqliteLocalStore.Open(DatabasePath, create: true))
        {
            using ITableTransaction write = store.Begin(write: true);
            for (int table = 0; table < ITableStore.TableCount; table++) write.Put(table, [(byte)table], [1]);
            write.Commit();
        }

        byte[] bytes = File.ReadAllBytes(DatabasePath);
        foreach (string name in Enumerable.Range(0, ITableStore.TableCount).Select(t => $"t{t}(").Append("meta("))
        {
            // In the row of a table its page comes right before its text.
            int page = bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes("CREATE TABLE " + name)) - 1;
            for (int bit = 0; bit < 8; bit++)
            {
                bytes[page] ^= (byte)(1 << bit);
                File.WriteAllBytes(DatabasePath, bytes);
                Assert.Equal("LocalStateDamaged", Assert.Throws<SyncException>(() => SqliteLocalStore.Open(DatabasePath, create: false)).ErrorId);
                bytes[page] ^= (byte)(1 << bit);
            }
        }

        File.WriteAllBytes(DatabasePath, bytes);
        using var whole = SqliteLocalStore.Open(DatabasePath, create: false);
        using var read = whole.Begin(write: false);
        Assert.All(Enumerable.Range(0, ITableStore.TableCount), table => Assert.Equal([(byte)table], Assert.Single(read.Scan(table)).Key));
    }

    [Fact]
    public void A_row_that_no_page_leads_to_any_more_is_missed()
    {
        using (var store = SqliteLocalStore.Open(DatabasePath, create: true))
        {
            using ITableTransaction write = store.Begin(write: true);
            for (int i = 0; i < 3; i++) write.Put(4, [(byte)i], [1]);
            write.Commit();
            Assert.True(store.IsWhole());
        }

        // The number of rows in a page of a table: bytes 3 and 4 of the page.
        using (SafeFileHandle file = File.OpenHandle(DatabasePath, FileMode.Open, FileAccess.ReadWrite)) RandomAccess.Write(file, [2], (4096 * 5) + 4);
        using var damaged = SqliteLocalStore.Open(DatabasePath, create: false);
        using (var read = damaged.Begin(write: false)) Assert.Equal(2, read.Count(4)); // nobody who reads would notice
        Assert.False(damaged.IsWhole());
    }

    [Fact]
    public void A_row_of_a_heap_that_its_keys_do_not_lead_to_is_missed()
    {
        using (var store = OpenIndex())
        {
            using ITableTransaction write = store.Begin(write: true);
            for (int i = 0; i < 3; i++) write.Put(IndexTables.Item, [(byte)i], [1]);
            write.Commit();
            Assert.True(store.IsWhole());
        }

        // The keys of heaps stand on the pages behind those of the tables, the items' on the second. Bytes 3 and 4: how many there are.
        const int Page = 1 + ITableStore.TableCount + 1 + 1;
        using (SafeFileHandle file = File.OpenHandle(DatabasePath, FileMode.Open, FileAccess.ReadWrite)) RandomAccess.Write(file, [2], (4096 * Page) + 4);
        using var damaged = OpenIndex();
        using (var read = damaged.Begin(write: false))
        {
            int visited = 0;
            read.Visit(IndexTables.Item, (_, _) => visited++);
            Assert.Equal((3, 2), (visited, read.Scan(IndexTables.Item).Count()));
        }

        Assert.False(damaged.IsWhole());
    }

    [Fact]
    public void Keys_of_a_heap_that_seem_to_stand_on_anothers_page_are_damage()
    {
        OpenIndex().Dispose();
        byte[] bytes = File.ReadAllBytes(DatabasePath);
        foreach (int table in new[] { IndexTables.Commit, IndexTables.Item })
        {
            int page = bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes($"CREATE UNIQUE INDEX i{table} ")) - 1;
            for (int bit = 0; bit < 8; bit++)
            {
                bytes[page] ^= (byte)(1 << bit);
                File.WriteAllBytes(DatabasePath, bytes);
                Assert.Equal("IndexDamaged", Assert.Throws<SyncException>(() => OpenIndex()).ErrorId);
                bytes[page] ^= (byte)(1 << bit);
            }
        }

        File.WriteAllBytes(DatabasePath, bytes);
        OpenIndex().Dispose();
    }

    [Fact]
    public void A_missing_or_emptied_local_state_does_not_pass_for_new()
    {
        Assert.Equal("LocalStateDamaged", Assert.Throws<SyncException>(() => SqliteLocalStore.Open(DatabasePath, create: false)).ErrorId);
        Assert.False(File.Exists(DatabasePath));
        File.WriteAllBytes(DatabasePath, []);
        Assert.Equal("LocalStateDamaged", Assert.Throws<SyncException>(() => SqliteLocalStore.Open(DatabasePath, create: false)).ErrorId);
    }

    [Fact]
    public void A_folder_that_is_not_there_is_no_damage()
    {
        Assert.Equal("VaultReadOnly", Assert.Throws<SyncException>(() => SqliteLocalStore.Open(_folder.File("no/t.db"), create: true)).ErrorId);
        Assert.Equal("VaultReadOnly", Assert.Throws<SyncException>(() => SqliteLogIndex.Open(_folder.File("no/t.db"), default)).ErrorId);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Flipped_pages_and_cut_files_are_damage_or_rows(int seed)
    {
        Fill();
        var random = new Random(seed);
        byte[] bytes = File.ReadAllBytes(DatabasePath);
        if (seed % 4 == 0)
        {
            bytes = bytes[..random.Next(1, bytes.Length)];
        }
        else
        {
            for (int i = random.Next(1, 12); i > 0; i--)
            {
                // Whole pages of noise, or single bytes of the structures at a page's start.
                int page = random.Next(bytes.Length / 4096) * 4096;
                if (seed % 4 == 1) random.NextBytes(bytes.AsSpan(page, 4096));
                else bytes[page + random.Next(seed % 4 == 2 ? 64 : 4096)] ^= (byte)(1 << random.Next(8));
            }
        }

        File.WriteAllBytes(DatabasePath, bytes);
        try
        {
            using SqliteLogIndex index = OpenIndex();
            using (ITableTransaction read = index.Begin(write: false))
            {
                for (int table = 0; table < 3; table++)
                {
                    _ = read.Scan(table).Count() + read.Scan(table, descending: true).Count() + read.Count(table);
                    for (int i = 0; i < 50; i++) _ = read.Get(table, Key(i));
                }
            }

            using ITableTransaction write = index.Begin(write: true);
            for (int i = 0; i < 3000; i += 7) write.Put(i % 3, Key(i), new byte[200]);
            for (int i = 1; i < 3000; i += 7) write.Delete(i % 3, Key(i));
            write.Commit();
        }
        catch (SyncException e)
        {
            Assert.Equal("IndexDamaged", e.ErrorId);
        }
    }

    public void Dispose() => _folder.Dispose();

    private static byte[] Key(int i) => [(byte)(i * 37), (byte)(i >> 8), (byte)i];

    private SqliteLogIndex OpenIndex() => SqliteLogIndex.Open(DatabasePath, new Id16(new byte[16]), TimeSpan.FromSeconds(5));

    private void Fill()
    {
        using SqliteLogIndex index = OpenIndex();
        using ITableTransaction write = index.Begin(write: true);
        for (int i = 0; i < 3000; i++) write.Put(i % 3, Key(i), new byte[i % 251]);
        write.Commit();
    }
}
