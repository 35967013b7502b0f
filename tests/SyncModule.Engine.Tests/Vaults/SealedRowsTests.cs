using SyncModule.Engine.Storage.Tables;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

public sealed class SealedRowsTests
{
    private const int Count = 20_000;

    [Fact]
    public void Rows_of_any_length_arrive_in_their_order_on_the_callers_thread()
    {
        int caller = Environment.CurrentManagedThreadId, maker = caller, next = 0;
        SealedRows.Run(put =>
        {
            maker = Environment.CurrentManagedThreadId;
            for (int i = 0; i < Count; i++) put(BitConverter.GetBytes(i), Row(i));
        }, (key, row) =>
        {
            Assert.Equal(caller, Environment.CurrentManagedThreadId);
            Assert.Equal(next, BitConverter.ToInt32(key));
            Assert.Equal(Row(next++), row.ToArray());
        });
        Assert.Equal(Count, next);
        Assert.NotEqual(caller, maker);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Count - 1)]
    public void What_fails_on_either_side_is_thrown_and_ends_the_other(int at)
    {
        int put = 0;
        var made = Assert.Throws<InvalidDataException>(() => SealedRows.Run(Make(at), (_, _) => put++));
        Assert.Equal("made", made.Message);
        Assert.True(put <= at);
        var written = Assert.Throws<InvalidDataException>(() => SealedRows.Run(Make(Count), (key, _) =>
        {
            if (BitConverter.ToInt32(key) == at) throw new InvalidDataException("written");
        }));
        Assert.Equal("written", written.Message);
    }

    private static Action<RowVisitor> Make(int failing) => put =>
    {
        for (int i = 0; i < Count; i++)
        {
            if (i == failing) throw new InvalidDataException("made");
            put(BitConverter.GetBytes(i), Row(i));
        }
    };

    private static byte[] Row(int i) => new byte[i % 4000 == 17 ? 200_000 : i % 300];
}
