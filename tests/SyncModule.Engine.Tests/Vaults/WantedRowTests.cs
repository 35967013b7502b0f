using System.Security.Cryptography;
using SyncModule.Core.Encoding;
using SyncModule.Core.Model;
using SyncModule.Engine.Storage.Tables;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>Rows of objects that are named and not here: kept, sealed many at a time, and taken when the objects arrive.</summary>
public sealed class WantedRowTests : IDisposable
{
    private static readonly LogId First = new(RandomNumberGenerator.GetBytes(Id16.Size)), Second = new(RandomNumberGenerator.GetBytes(Id16.Size));

    private readonly MemoryTableStore _store = new();
    private readonly RowSealer _sealer = new(RandomNumberGenerator.GetBytes(32), RandomNumberGenerator.GetBytes(32), SyncErrors.IndexDamaged);

    public void Dispose()
    {
        _sealer.Dispose();
        _store.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(700)]
    public void Rows_are_what_one_seal_for_each_gives_and_arrivals_take_them(int count)
    {
        var references = Enumerable.Range(0, count).Select(i => Reference(i % 10 == 3 ? ObjectKind.Manifest : ObjectKind.Chunk)).ToList();
        InTransaction(rows =>
        {
            foreach (var reference in references) rows.Want(reference, Needs(First, 7));
        });
        InTransaction(rows =>
        {
            var stored = rows.AllWanted().ToDictionary();
            Assert.Equal(count, stored.Count);
            foreach (var reference in references)
            {
                Assert.Equal(reference, stored[reference.Address].Reference);
                Assert.Equal(Needs(First, 7), stored[reference.Address].NeededBy);
                byte[] key = reference.Address.ToArray();
                var plain = new CborWriter();
                stored[reference.Address].Write(plain);
                Assert.Equal(_sealer.Seal(IndexTables.Wanted, key, plain.Written), rows.Transaction.Get(IndexTables.Wanted, key));
            }
        });
        InTransaction(rows =>
        {
            var arrived = references.Take((count + 1) / 2).ToList();
            var manifests = rows.TakeWanted([.. arrived.Append(Reference(ObjectKind.Chunk)).Select(r => (r.Address, default(ObjectLocation)))]);
            Assert.Equal(arrived.Where(r => r.Kind == ObjectKind.Manifest), manifests.Select(m => m.Reference));
        });
        InTransaction(rows => Assert.Equal(references.Skip((count + 1) / 2).Select(r => r.Address).Order(), rows.AllWanted().Select(w => w.Key)));
    }

    [Fact]
    public void What_several_logs_need_keeps_the_first_commit_of_each_and_is_taken_before_it_was_written()
    {
        var manifest = Reference(ObjectKind.Manifest);
        InTransaction(rows =>
        {
            rows.Want(manifest, Needs(First, 7));
            rows.Want(manifest, Needs(First, 9));
        });
        InTransaction(rows =>
        {
            rows.Want(manifest, Needs(Second, 4));
            rows.Want(manifest, Needs(First, 5));
        });
        InTransaction(rows =>
        {
            rows.Want(manifest, Needs(Second, 3));
            var taken = Assert.Single(rows.TakeWanted([(manifest.Address, default)]));
            Assert.Equal(new SortedDictionary<LogId, ulong> { [First] = 5, [Second] = 3 }, taken.NeededBy);
        });
        InTransaction(rows => Assert.Empty(rows.AllWanted()));
    }

    private static ObjectReference Reference(ObjectKind kind) => new(new(RandomNumberGenerator.GetBytes(32)), new(RandomNumberGenerator.GetBytes(32)), kind, 1_000);

    private static SortedDictionary<LogId, ulong> Needs(LogId log, ulong sequence) => new() { [log] = sequence };

    private void InTransaction(Action<RowAccess> body)
    {
        using var transaction = _store.Begin(write: true);
        var rows = new RowAccess(transaction, _sealer);
        body(rows);
        rows.Flush(mayUseThreads: false);
        transaction.Commit();
    }
}
