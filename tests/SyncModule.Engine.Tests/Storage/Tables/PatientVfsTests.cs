using SyncModule.Engine.Storage.Tables;

namespace SyncModule.Engine.Tests.Storage.Tables;

public sealed class PatientVfsTests
{
    [Fact]
    public void A_microsecond_that_SQLite_wants_to_wait_is_a_millisecond_and_not_a_second()
    {
        using var folder = new TemporaryFolder();
        using var store = SqliteLocalStore.Open(folder.File("local.db"), create: true); // loads the library
        Assert.InRange(PatientVfs.SleepBy(PatientVfs.Name, 1), 1, OperatingSystem.IsWindows() ? 20_000 : 1000);
        Assert.InRange(PatientVfs.SleepBy(PatientVfs.Name, 2_500), 2_500, 30_000);
    }
}
