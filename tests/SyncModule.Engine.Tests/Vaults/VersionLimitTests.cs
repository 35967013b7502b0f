using SyncModule.Core.Merging;
using SyncModule.Core.Model;
using SyncModule.Engine.Cryptography;
using SyncModule.Engine.Files;
using SyncModule.Engine.Vaults;

namespace SyncModule.Engine.Tests.Vaults;

/// <summary>More than 256 versions that compete: resolve first (format-1 §7).</summary>
public sealed class VersionLimitTests : IDisposable
{
    private readonly MemoryVault _test = new();
    private readonly DeviceKeys _device = DeviceKeys.Create(SystemRandomSource.Instance);
    private readonly Vault _vault;

    public VersionLimitTests()
    {
        _vault = _test.Open();
        _vault.AddMember(_device.Certify(_vault.Id, DeviceRole.Full), "other");
    }

    public void Dispose()
    {
        _device.Dispose();
        _test.Dispose();
    }

    [Fact]
    public void Up_to_the_limit_a_write_replaces_all_of_them()
    {
        Receive(KeyState.MaxHeads);
        _vault.Put("key", "all");
        Assert.Equal(1, _vault.Find("items", "key")!.MostHeads);
    }

    [Fact]
    public void Beyond_it_nothing_but_a_decision_is_taken_and_others_are_not_held_up()
    {
        Receive(KeyState.MaxHeads + 1);
        Assert.Equal("TooManyVersions", Assert.Throws<SyncException>(() => _vault.Put("key", "one more")).ErrorId);
        Assert.Equal("TooManyVersions", Assert.Throws<SyncException>(() => _vault.Delete("items", ["key"])).ErrorId);
        Assert.Equal(KeyState.MaxHeads + 1, _vault.Find("items", "key")!.MostHeads);
        _vault.Put("another", "is written");
        string chosen = VersionId.Of(_vault.Find("items", "key")!.Item!.Heads[7].Dot);
        string text = Text(7);
        _vault.Resolve("items", "key", chosen);
        Assert.Equal(1, _vault.Find("items", "key")!.MostHeads);
        Assert.Equal(text, _vault.GetText("key"));
        _vault.Put("key", "afterwards");
        Assert.Equal("afterwards", _vault.GetText("key"));

        string Text(int head) => System.Text.Encoding.UTF8.GetString([.. _vault.ReadValue(_vault.Find("items", "key")!.Item!.Heads[head].Value!).SelectMany(p => p)]);
    }

    [Fact]
    public void A_file_that_would_be_one_more_is_a_problem_of_its_own()
    {
        Receive(KeyState.MaxHeads + 1);
        var folder = Directory.CreateTempSubdirectory("too-many");
        try
        {
            foreach (string name in new[] { "before", "key", "later" }) File.WriteAllText(Path.Combine(folder.FullName, name), "the file " + name);
            for (int round = 0; round < 2; round++)
            {
                // Again, because no base may have been kept of what was not taken.
                var result = FolderImport.Run(_vault, folder.FullName, new ImportOptions());
                Assert.Equal(round == 0 ? 2 : 0, result.Files);
                var problem = Assert.Single(result.Problems);
                Assert.Equal(("key", "TooManyVersions"), (problem.Path, problem.ErrorId));
            }

            Assert.Equal("the file later", _vault.GetText("later"));
            Assert.Equal(KeyState.MaxHeads + 1, _vault.Find("items", "key")!.MostHeads);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void More_than_one_operation_can_name_are_settled_by_several_decisions()
    {
        Receive(Operation.MaxReplaces + 40);
        var state = _vault.Find("items", "key")!;
        var chosen = state.Item!.Heads[^1];
        _vault.Resolve("items", "key", VersionId.Of(chosen.Dot));
        Assert.Equal(41, _vault.Find("items", "key")!.MostHeads);
        var decided = _vault.Find("items", "key")!.Item!.Heads.Single(h => h.Kind == OperationKind.Resolve);
        _vault.Resolve("items", "key", VersionId.Of(decided.Dot));
        Assert.Equal(1, _vault.Find("items", "key")!.MostHeads);
        Assert.Equal(chosen.Size, _vault.Find("items", "key")!.Item!.First.Size);
    }

    private void Receive(int versions)
    {
        var writer = new ForeignWriter(_vault.Id, _device, new(Guid.NewGuid().ToByteArray()));
        byte[] plain = OperationList.Encode([.. Enumerable.Range(0, versions).Select(i => ForeignWriter.Put("items", "key", "version " + i))]);
        var members = _vault.Membership.Heads;
        Assert.Equal(1, _vault.Receive([writer.Write(_vault.Keys.FirstEpoch, members, 1UL << 40, [(_vault.Keys.Genesis.TagOf("items"), plain)]).Bundle]).Stored);
        Assert.Equal(versions, _vault.Find("items", "key")!.MostHeads);
    }
}
